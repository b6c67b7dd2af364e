"""What a tool returned: bounded in size, as JSON for whoever asked, and as a message for the model."""

from studiolo.server.mcp.contract import Body, ToolResult


def message_content(result: ToolResult, *, sees: bool) -> str | list[Body]:
    """What the model gets, as `content` of a message with the role "tool" in OpenAI's form.

    Text as it is; images as parts where the model `sees`, else they are named; structured content only where there is
    no text. It is a text unless there is an image.
    """
    raise NotImplementedError
