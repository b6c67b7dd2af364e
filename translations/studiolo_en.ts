<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>Abilities</name>
    <message>
        <source>Sees images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Uses tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinks before it answers</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>About</name>
    <message>
        <source>packaged</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python package</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Qt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Studiolo uses Qt and PySide6 under the GNU Lesser General Public License, version 3. You may replace their libraries with versions of your own, in the folder %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The crash report could not be deleted.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AboutPanel</name>
    <message>
        <source>Language models on your own machines. MIT licence.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For a report of a fault: versions and system, no chats and no tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Licences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Studiolo closed unexpectedly on %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the web</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>Chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Messages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write a message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings of this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>system prompt temperature sampling presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import a folder of chats…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back up everything…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore a backup…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Daily backups…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trash…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit the message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details of the reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete from here on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show or hide the chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sidebar list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find on this page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next place found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous place found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text in its usual size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the light theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the dark theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the system&apos;s theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Manage servers…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the server&apos;s address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start the server of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the server of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runtimes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>graphics card GPU CUDA Vulkan ROCm Metal llama.cpp engine backend</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find anything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>keys help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the data folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the log folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>version licences crash report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ActivityLine</name>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AddRuntimeDialog</name>
    <message>
        <source>Add a runtime</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optional</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Executable…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter where the folder or the executable is.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the whole path, from the root of the disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” is not host:port, such as 192.168.1.20:50052.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most %1 workers can share a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Path</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>RPC workers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>llama-server itself, or a folder with a build of llama.cpp or xllamacpp.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Workers on other machines share a model that is too large for one. What they are sent is neither encrypted nor protected by a password: use them on networks that you trust, and only there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is a program that runs with your rights on the server&apos;s machine. It is tested before use.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AddServerDialog</name>
    <message>
        <source>Add a server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only if it asks for one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optional</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show certificate…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>API token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Something answers at this address, but not an LM Studio server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LM Studio, or Studiolo on another machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add anyway</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LM Studio 0.4 and later can be used, and Studiolo.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AddUpstreamDialog</name>
    <message>
        <source>Add a server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What its machine is called, such as GPU box</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only if it asks for one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens, if the server doesn&apos;t say</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anything that speaks OpenAI&apos;s API: Studiolo, LM Studio, vLLM, llama.cpp, Ray Serve. Its models are tried with a reply of one token each, for which it may have to load them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AddressDialog</name>
    <message>
        <source>Edit %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a server to this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All of them, or names such as search, fetch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a header</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow and add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You are asked before one of its tools runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 runs its tools without asking you, with whatever the model gives them, until you remove it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the whole address again, since it has changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name of a header has letters, digits and hyphens, such as Authorization.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is listed twice.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the value of %1 again, since its name has changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the value of %1 again, since the address has changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a value for %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The value of %1 can&apos;t be sent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Plugin or address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Such as Authorization. Values, and a key within the address, are kept apart from the chat, and are in no export.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AdvancedPanel</name>
    <message>
        <source>Reset…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset all settings of this desktop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats, models, servers and tokens stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset all settings of the server %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset all settings of the server on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its models and tokens stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its settings can&apos;t be changed from here now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AlternativeRow</name>
    <message>
        <source>Download %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AnswerView</name>
    <message>
        <source>Headers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the answer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>shortened</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Answering</name>
    <message>
        <source>This address is none that a browser is meant for.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No browser could be started.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ApiPresenter</name>
    <message>
        <source>Looking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server doesn&apos;t list its endpoints: these are the documented ones.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reads the token from LM_API_TOKEN</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no connection to the server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fill in %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The body is not JSON yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is no text (%1), and was not read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is longer than what is read here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ApiView</name>
    <message>
        <source>Filter endpoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No endpoint has these words.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All endpoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads and the hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As OpenAI&apos;s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As Anthropic&apos;s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>LM Studio&apos;s older API</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ApprovalBox</name>
    <message>
        <source>Allow %1 of %2 to run?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow %1 to run?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its definition has changed since you decided about it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Don&apos;t allow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Always allow this tool, or never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Always allow this tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Never allow this tool</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AttachmentTray</name>
    <message>
        <source>Pasted text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not attached</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Attachments</name>
    <message>
        <source>Attach a smaller file, or the part that matters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be attached: reading it took more than 10 seconds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be attached: reading it took more than 450 MB of memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be attached: whatever reads it broke down.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The file may be damaged: open it and save it anew.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BenchTable</name>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reads, tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writes, tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loaded with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Date</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>same</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 in, %2 out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>keys %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>values %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s) on the card</source>
        <translation>
            <numerusform>%n layer on the card</numerusform>
            <numerusform>%n layers on the card</numerusform>
        </translation>
    </message>
    <message>
        <source>n-gram drafts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>drafts of a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>repeating text</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n run(s); they differ by %1 %</source>
        <translation>
            <numerusform>%n run; they differ by %1 %</numerusform>
            <numerusform>%n runs; they differ by %1 %</numerusform>
        </translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Batches of %n token(s)</source>
        <translation>
            <numerusform>Batches of %n token</numerusform>
            <numerusform>Batches of %n tokens</numerusform>
        </translation>
    </message>
    <message>
        <source>A reply was written meanwhile, so it may be too slow.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BenchView</name>
    <message>
        <source>Speed of models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reads 512 tokens and writes 64, up to three times.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete this benchmark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was measured on this machine yet.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CallsDialog</name>
    <message>
        <source>When</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asked by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Permission</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arguments and result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show older</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No tools have been called yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CertificateChoice</name>
    <message>
        <source>Certificates that this computer trusts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A certificate file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This one certificate…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SHA-256 fingerprint:
%1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates (*.pem *.crt *.cer)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a certificate file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the certificate…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChatList</name>
    <message>
        <source>Chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rename</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove folder, keep its chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tags…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out of its folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChatListModel</name>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In messages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>answering</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unread</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Folder %1, %n chat(s)</source>
        <translation>
            <numerusform>Folder %1, %n chat</numerusform>
            <numerusform>Folder %1, %n chats</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings of this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connects to the server again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>local</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A tool waits for you in %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A tool waits for you.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n message(s) deleted</source>
        <translation>
            <numerusform>%n message deleted</numerusform>
            <numerusform>%n messages deleted</numerusform>
        </translation>
    </message>
    <message>
        <source>The message is not sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (branch)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChatPresenter</name>
    <message>
        <source>The reply could not be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this computer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CheckDialog</name>
    <message>
        <source>Check %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asks the server what the documented API promises. It costs a few short replies.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is checked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n check(s) hold.</source>
        <translation>
            <numerusform>%n check holds.</numerusform>
            <numerusform>%n checks hold.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n check(s) went wrong. Choose one to see why.</source>
        <translation>
            <numerusform>%n check went wrong. Choose it to see why.</numerusform>
            <numerusform>%n checks went wrong. Choose one to see why.</numerusform>
        </translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a check to see more of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expected: %1
Received: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server does not have this route. Programs that need it can&apos;t use it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is as the API has it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChoiceRow</name>
    <message>
        <source>How to load it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How to load %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Can&apos;t be used: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading… %1 %</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loaded</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ChoiceTable</name>
    <message>
        <source>Quantization</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Takes about %1 with a context of usual length.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The graphics card has %2; what does not fit there is in RAM, and slower.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>with vision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>usual</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Won&apos;t fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloading, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No room</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ClosingDialog</name>
    <message>
        <source>Close the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 Studiolo can go on without its window.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its icon stays in the tray: from there it is opened again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This desktop has no tray, so the window is minimised.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Don&apos;t ask again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the downloads in a small window above the others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CodeBlock</name>
    <message>
        <source>Wrap lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>plain text</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CodeBox</name>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ComboEditor</name>
    <message>
        <source>%1 (missing)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Attach files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter sends, Shift+Enter breaks the line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Message %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try it with %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write a message…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter sends it after this reply, Escape stops the reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 sends, Enter breaks the line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 sends it after this reply, Escape stops the reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A text of more than %1 characters or %2 lines can&apos;t be changed here: it is attached.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This model can&apos;t see images. Choose one that can, or remove the image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is more than the model can hold. Begin a new chat, send less, or raise the context length in the settings of this chat.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ComposerPresenter</name>
    <message>
        <source>Pasted image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach files</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConfirmDialog</name>
    <message numerus="yes">
        <source>Add %n server(s)?</source>
        <translation>
            <numerusform>Add %n server?</numerusform>
            <numerusform>Add %n servers?</numerusform>
        </translation>
    </message>
    <message>
        <source>A program can do whatever you can do on that computer. Add only what you trust.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It replaces the server that has this name now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connects to this address:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs this program on %1:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the folder %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With these variables:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>With these headers:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gets these variables and secrets of that computer: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Connect</name>
    <message>
        <source>Library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Coding agent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Editor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat in the browser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Terminal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It sends long prompts: load the model with a context of 32,768 tokens or more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It wants LM_API_TOKEN to be set, be it to any text where no token is required.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For one project alone, the file can be opencode.json in its folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It reads the token from a line LM_API_TOKEN=… in the file .env beside it; any text will do where no token is required.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The key can be given in Zed&apos;s own settings of the agent, too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In a container, localhost is the container itself: give it this computer&apos;s address on the network, and serve the network.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConnectPresenter</name>
    <message>
        <source>In PowerShell</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In a terminal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be reached just now, so its address and model may be others.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no model that chats yet: your-model stands for its key.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>If the server asks for a token, the lines above read it from LM_API_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server asks for a token. The lines above read it from LM_API_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server asks for no token just now. The lines above read one from LM_API_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConnectView</name>
    <message>
        <source>Programs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make a token for it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No models yet</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConnectionTable</name>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Host</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Why</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blocked: offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 sent, %2 received</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Through the proxy %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Connections</name>
    <message>
        <source>Search for models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Catalog of models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runtime</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy of %1 from another server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A server that you added</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A model on another machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test of the connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Script of the proxy</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ContextGauge</name>
    <message>
        <source>About %1 of %2 tokens of the context are in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About %1 tokens</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ConversationMenu</name>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy as plain text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select all</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CoreBars</name>
    <message>
        <source>Load of each core: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Countdown</name>
    <message>
        <source>Trying again…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trying again in %1 s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CrashCard</name>
    <message>
        <source>The report says where. It stays on this computer unless you send it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete report</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CrashDialog</name>
    <message>
        <source>Crash report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is all that is in the report. Names of your folders and tokens are cut out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Details</name>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of them reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens a second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time to first token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time to load the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the whole chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not used: a reply that is gone on with in mid-sentence can&apos;t call any</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stopped by you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>edited by you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the limit of tokens was reached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the context was full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the model had finished</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DetailsCard</name>
    <message>
        <source>Details of the reply</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DetailsDialog</name>
    <message>
        <source>Details of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter the entries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Entries of the header</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Entry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GGUF version %1, %2 tensors, %3 parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weights: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DevicesPart</name>
    <message>
        <source>Devices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for devices…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The runtimes that are here compute on the processor alone.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Dialogs</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Discover</name>
    <message>
        <source>%1 only takes downloads: searched from this machine, so what fits is not known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is there already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Several files here are called %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server can&apos;t be told which of them is wanted.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DiscoverPage</name>
    <message>
        <source>Discover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search for models, or paste a link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to what was found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing found. Try fewer words, or paste a link.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model to see what there is of it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DiskBar</name>
    <message>
        <source>%1 models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of unfinished downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 other things</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unfinished downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other things</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Free</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DiskCard</name>
    <message>
        <source>Disk with models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 % full</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DocumentViewer</name>
    <message>
        <source>Text of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These are the first %1 of its %2 characters. All of them go with the message.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DownloadStatus</name>
    <message>
        <source>Downloading %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n downloads</source>
        <translation>
            <numerusform>%n downloads</numerusform>
            <numerusform>%n downloads</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DownloadTable</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In the queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verifying</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No room on the disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused: offline by choice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server does not answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DownloadsPage</name>
    <message>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limits and schedule</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear what is complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No download matches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What it downloads is shown once the server answers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for downloads…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n running</source>
        <translation>
            <numerusform>%n running</numerusform>
            <numerusform>%n running</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n paused</source>
        <translation>
            <numerusform>%n paused</numerusform>
            <numerusform>%n paused</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 free on %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cancelled. The part that was downloaded is deleted in a minute.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) cancelled. The part that was downloaded is deleted in a minute.</source>
        <translation>
            <numerusform>%n download cancelled. The part that was downloaded is deleted in a minute.</numerusform>
            <numerusform>%n downloads cancelled. The parts that were downloaded are deleted in a minute.</numerusform>
        </translation>
    </message>
    <message>
        <source>Too late to undo: the download was deleted.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earlier in the queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Later in the queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the link</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat with it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove from the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was downloaded yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) chosen</source>
        <translation>
            <numerusform>%n download chosen</numerusform>
            <numerusform>%n downloads chosen</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose a download to see more of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t pause or cancel a download from here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ElicitationBox</name>
    <message>
        <source>%1 asks:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This address is none that a browser is meant for.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Don&apos;t answer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EndpointPanel</name>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Body</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset to example</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Body as JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language of the code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Required</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optional</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same as code</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EntriesEditor</name>
    <message>
        <source>Choose a folder…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EntryDialog</name>
    <message>
        <source>Add a server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A program on %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A program on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A service at an address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Such as npx, uvx, or the path of a program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a variable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optional</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a header</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>60 s (default)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is the name of another server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Optional, such as filesystem</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One per line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only if you registered your own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved; enter another to replace it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter the program to run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An address begins with http:// or https://.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Arguments</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variables</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Client ID</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time limit for a call</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Client secret</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EntryList</name>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add to %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EstimateView</name>
    <message>
        <source>This server does not tell how much memory a model takes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In line with what loads took on this machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reckoned: no load was measured on this machine yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Takes about %1 of memory; %2 are free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It won&apos;t fit: choose a shorter context, or unload another model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is tight.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 free</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FailureCard</name>
    <message>
        <source>Retry</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start it</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FallbackNotice</name>
    <message>
        <source>Runtimes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models run with the bundled runtime meanwhile, on the processor.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileChip</name>
    <message>
        <source>Document %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy the text of %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileDialog</name>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FileStrip</name>
    <message>
        <source>Import</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the import</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Taking in %1…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Find in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next place</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End the search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing found</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FoundServers</name>
    <message>
        <source>Look on the local network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers on the local network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You are offline by choice, so the network is not asked. Type an address instead.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for %1 s…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, already added</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n server(s) found. Choose one to fill in its address.</source>
        <translation>
            <numerusform>%n server found. Choose it to fill in its address.</numerusform>
            <numerusform>%n servers found. Choose one to fill in its address.</numerusform>
        </translation>
    </message>
    <message>
        <source>None found. A server is found only if its own settings announce it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FoundStrip</name>
    <message numerus="yes">
        <source>%n model(s) from %1 are already on %2.</source>
        <translation>
            <numerusform>%n model from %1 is already on %2.</numerusform>
            <numerusform>%n models from %1 are already on %2.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n model(s) from %1 are already on this computer.</source>
        <translation>
            <numerusform>%n model from %1 is already on this computer.</numerusform>
            <numerusform>%n models from %1 are already on this computer.</numerusform>
        </translation>
    </message>
    <message>
        <source>Use it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the Hugging Face cache</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>GraphicsCard</name>
    <message>
        <source>Graphics</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of its own memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 of its own memory in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>driver %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HeaderStore</name>
    <message>
        <source>What was entered for another address is not sent to %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter its headers and its whole address again in the list of tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The headers can&apos;t be kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The headers or the key that %1 needs can&apos;t be found.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>If your keyring is locked, unlock it and try again. Otherwise enter them again in the list of tools.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HopList</name>
    <message>
        <source>Steps of the test</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Passed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Under way</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Work offline is on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go through the proxy %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look up the name %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask the proxy %1 for the way to the hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Encrypt the connection to %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask %1 for an answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files are kept at %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HoursField</name>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>To</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>to</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ImageViewer</name>
    <message>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smaller (-)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Larger (+)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit (0)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The image can&apos;t be read.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ImportStatus</name>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the import</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Importing %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n chat(s) imported</source>
        <translation>
            <numerusform>%n chat imported</numerusform>
            <numerusform>%n chats imported</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Import cancelled; %n chat(s) that came before stay</source>
        <translation>
            <numerusform>Import cancelled; %n chat that came before stays</numerusform>
            <numerusform>Import cancelled; %n chats that came before stay</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n were here already</source>
        <translation>
            <numerusform>%n was here already</numerusform>
            <numerusform>%n were here already</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n could not be read</source>
        <translation>
            <numerusform>%n could not be read</numerusform>
            <numerusform>%n could not be read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n message(s) read</source>
        <translation>
            <numerusform>%n message read</numerusform>
            <numerusform>%n messages read</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n kept</source>
        <translation>
            <numerusform>%n kept</numerusform>
            <numerusform>%n kept</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Imports</name>
    <message>
        <source>What came before stays. Import the rest in smaller files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be read further: one of its chats took more than 10 seconds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be read further: one of its chats took more than 450 MB of memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be read further: whatever reads it broke down.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Who the model is and how it should answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the defaults</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make this the model&apos;s default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Apply a preset…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Low</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Medium</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>High</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide the settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings of this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top P</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Min P</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top K</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repeat penalty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context length</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>InstanceList</name>
    <message>
        <source>In memory: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In memory</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>JsonEditor</name>
    <message>
        <source>The body has more than a million characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Line %1, column %2: %3.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is nested too deep, or has a number that is too long.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>JumpButton</name>
    <message>
        <source>Jump to latest</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>KeyField</name>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shortcut for %1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press the keys…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>KnownServers</name>
    <message>
        <source>%1 was removed, and its token.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LastCalls</name>
    <message>
        <source>Last calls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LicencesDialog</name>
    <message>
        <source>Licences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search licences</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What ships with Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Website</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text of the licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The package comes without the text of its licence.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Links</name>
    <message>
        <source>This link leads to nothing that can be opened from here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open this link?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No program could be started to open the link.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LiveRequests</name>
    <message>
        <source>Requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave out what windows and terminals of Studiolo ask.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log requests in full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Paused: %n waiting</source>
        <translation>
            <numerusform>Paused: %n waiting</numerusform>
            <numerusform>Paused: %n waiting</numerusform>
        </translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headers, texts and events of new requests are kept in the server&apos;s memory, without tokens and images.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off: only times, figures and errors are kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n request(s)</source>
        <translation>
            <numerusform>%n request</numerusform>
            <numerusform>%n requests</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n request(s)</source>
        <translation>
            <numerusform>%1 of %n request</numerusform>
            <numerusform>%1 of %n requests</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n came too fast to be listed</source>
        <translation>
            <numerusform>%n came too fast to be listed</numerusform>
            <numerusform>%n came too fast to be listed</numerusform>
        </translation>
    </message>
    <message>
        <source>Requests of programs appear here as they come.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LoadDialog</name>
    <message>
        <source>Load %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic: as much as the model and the memory allow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic: as the server chooses</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Always load it like this</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fewer options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This needs flash attention, which is switched off below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No more than the batch size, %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are %1 cards.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another value is kept for this model. Tick “%1” to go back to automatic.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens of prompt and reply together. Its memory grows in step.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model was made for up to %1 tokens.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Loading</name>
    <message>
        <source>All</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None: the processor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>So many</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Number of layers on the card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That of the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a whole number from %1 to %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a number from %1 to %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter a number for each card, such as “3, 1”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A path has at most %1 characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The strength of %1 is a number from -10 to 10.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most %1 adapters go on a model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most %1 characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic (f16)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the server is set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Until the server stops</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For one request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 · %2 % of the memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layers on the card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each layer there makes it faster and takes some of the card&apos;s memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys of the context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How keys are kept. q8_0 is hardly worse than f16; below that some models suffer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Values of the context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same for values. Other than f32, f16 and bf16 need flash attention.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests at a time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More replies are written at once, each of them slower. They share the context.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep in memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How long it stays while nobody asks. Meanwhile others can&apos;t have its memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Flash attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Less memory for long contexts, and mostly faster. A few models can&apos;t have it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens of a prompt that are read in one go. Larger reads faster and takes memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Computed at once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How many of a batch are computed together. Its working memory grows in step.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Threads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cores of the processor that write a reply. More than there are makes it slower.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Guess from the text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Faster where a text repeats itself, such as code that is edited. Takes no memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draft model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A small model of the same family that proposes words. Faster, for its own memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proposed at once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens that are proposed at once. Those that are wrong were computed in vain.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share one context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On: requests at a time share the context as they need. Off: each has an equal part.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context on the card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off: it is kept in RAM, so more layers fit on the card, and replies are slower.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory of each card, GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes no more than this of each card; what does not fit there is in RAM, and slower.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Main card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Has what can&apos;t be split among cards; the fastest one is best.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Split among cards</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In proportion, in the order of the cards: “3, 1” puts three quarters on the first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layers with experts in RAM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of a mixture of experts: saves much of the card&apos;s memory, for slower replies.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Map the file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loads faster, and the system may take its memory back. Off: it is read as a whole.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep from being swapped out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replies never wait for the disk, but other programs can&apos;t have the memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Experts for each token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of a mixture of experts: fewer are faster and worse than it was made for.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>RoPE base</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stretches positions for contexts that the model was not made for. Costs quality.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>RoPE scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>0.5 makes room for twice the context that the model was made for. Costs quality.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The same number gives the same reply to the same prompt. Costs nothing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Adapters (LoRA)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GGUF files on the server&apos;s disk, with their strength: “/models/a.gguf @ 0.8; /models/b.gguf”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In place of the file&apos;s own, in Jinja. A wrong one makes replies useless.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>RAM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits on the card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All layers are on the card.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Partly on the card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 on the card, %2 in RAM.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The processor alone computes it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In RAM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Needs %1 of memory, %2 are free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Won&apos;t fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leaves %1 of memory free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the card</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Partly there</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LogDialog</name>
    <message>
        <source>Log of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The log is empty.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LostNotice</name>
    <message>
        <source>Servers…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try now</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Machine</name>
    <message>
        <source>%1 does not tell what it runs on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers of Studiolo show here their processor, memory, disks and graphics.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the machine takes a token with the permission “admin”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure beside the reply that is being written?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both are slower then, and the result says so.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure anyway</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measuring %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Warming %1 up…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 reads, run %2…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 writes, run %2…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MachineView</name>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MarkdownText</name>
    <message>
        <source>Message text</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Mcp</name>
    <message>
        <source>Switched off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Did not start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Can&apos;t be reached</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Idle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variables</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign-in needed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time limit for a call</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not allowed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allowed once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allowed in the chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Always allowed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nobody was asked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tried by hand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This link does not add a server of tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 can&apos;t be set up from here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add the server to its own mcp.json, or choose another server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 was removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow all tools of %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>They run without asking, among them: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calls of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The address of the sign-in page is not one for a browser.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No browser could be started.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not say which MCP servers it has, and can&apos;t be set up from here: add them to its own mcp.json. In a chat, name one under Tools as mcp/ and its name in that file, such as mcp/playwright, or give the address of a server. Whether it may run is decided then, since this server asks nobody later.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools of %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>McpPage</name>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit mcp.json</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No tools yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools let a model read, search and act outside the chat. They come from MCP servers: programs on this machine or services on the web, which you choose.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MemoryBar</name>
    <message>
        <source>%1 of memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 for this model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 free on the disk</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MemoryCard</name>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 held by loaded models</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Edit message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This message has more than %1 characters or %2 lines: it can&apos;t be changed here. Copy it, change it in an editor, and attach it to a new message.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At most %1 characters and %2 lines</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MessageField</name>
    <message>
        <source>Message</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MiniMonitor</name>
    <message>
        <source>Pause all downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the mini monitor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is being downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume all downloads</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>Chat with it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse in Discover</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n more model(s)</source>
        <translation>
            <numerusform>%n more model</numerusform>
            <numerusform>%n more models</numerusform>
        </translation>
    </message>
    <message>
        <source>Download %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloaded and ready.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vision</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelPanel</name>
    <message>
        <source>Open its page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Access token…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantizations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its author says nothing about it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Licence: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No licence is named</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 likes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changed on %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There are no GGUF files in this repository. Search for a conversion of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tells neither what fits its memory nor what it has already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 of %3 of memory free, %4 free on its disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on with %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download %1 (%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its author gives it to those who agreed to the terms on its page. Agree there, and give the server an access token of your account.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelPopup</name>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model matches</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelTable</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Can&apos;t be used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loaded as %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of LM Studio</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of the Hugging Face cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of Ollama</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>Looking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tells nothing of its disk.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verifying %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is not what was downloaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete it, and download it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is not what the hub has now: an older revision, or damaged.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is identical to what its author published.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no checksum to compare %1 with: it was not downloaded from a hub.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes %1. Where to?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Moving %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to the trash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no trash there. Delete for good?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder with models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its path on the disk of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use %1 no longer?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its files stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it no longer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server has no model that can answer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download one under Discover, or choose another server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trial model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelsEditor</name>
    <message>
        <source>Nothing was chosen for single models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove what was chosen for %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n token</numerusform>
            <numerusform>%n tokens</numerusform>
        </translation>
    </message>
    <message>
        <source>flash attention on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>flash attention off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cache in graphics memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cache in main memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sampling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as usual</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How models are loaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n model(s)</source>
        <translation>
            <numerusform>%n model</numerusform>
            <numerusform>%n models</numerusform>
        </translation>
    </message>
    <message>
        <source>There is no model here yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Move %n model(s) to the trash?</source>
        <translation>
            <numerusform>Move %n model to the trash?</numerusform>
            <numerusform>Move %n models to the trash?</numerusform>
        </translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it no longer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (not there)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (downloads go here)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat with it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Verify its files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to another folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to the trash</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MoreButton</name>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Navigation</name>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Discover</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Network</name>
    <message>
        <source>The server of this computer does not follow: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In force for this window and for the server of this computer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In force for this window. The server of this computer has other settings, below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In force for this window. The server of this computer follows when it runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the server of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is not the address of a proxy. It begins with http://, and has no name or password.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” is not a name, an address or a network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates in the file: %1. They are trusted beside those of the system.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The hub can&apos;t be reached: the last step above failed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The hub can be reached.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The test was cancelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server of this computer does not run. It follows when it does.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server of this computer works offline.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server of this computer is online.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The connections of %1 can&apos;t be shown: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not tell what it connects to.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not answer. Its connections are shown when it does.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Those of this window are forgotten, and those of %1. This can&apos;t be undone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Those of this window are forgotten. This can&apos;t be undone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the list of connections?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>NetworkPanel</name>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test the connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved; enter another to replace it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Same as the system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Manual</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Script (PAC)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This computer itself is never reached through it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>User name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty if the proxy asks for none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove the password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Names, addresses and networks, separated by commas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reached without the proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Script</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a script</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The address of a PAC file, or its path.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A PEM file, such as your company&apos;s. Trusted beside those of the system.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Extra certificates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file of certificates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Goes to the hub step by step, and names the step that fails.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Way to the hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The connection is being tested</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>NewTokenDialog</name>
    <message>
        <source>Copy the token now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is the only time that “%1” is shown. The server keeps no copy.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep it where you keep passwords. Programs take it from the environment variable LM_API_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>Enter a number from %1 to %2.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OfferCard</name>
    <message>
        <source>Recommended for this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Offering</name>
    <message>
        <source>The resource can&apos;t be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only text and images can be attached.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This resource is %1.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Opening</name>
    <message>
        <source>No file manager could be opened.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>OverviewPresenter</name>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Programs can&apos;t use it until it is started.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not reachable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>since %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No requests running</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n request(s) running</source>
        <translation>
            <numerusform>%n request running</numerusform>
            <numerusform>%n requests running</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation type="unfinished">
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port %1 is used by %2, so the server answers at port %3.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port %1 was taken when the server started, so it answers at port %3. It is free now.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server takes port %1 as soon as it is free. Port %3 stays open until the server stops.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use %1 when it&apos;s free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stay at %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port %1 is used after a restart.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The local network is served after a restart.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The local network is served until a restart.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart it on its own machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the network: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anybody on your network can use this server without a token.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Programs need a token once authentication is required.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 has settings of its own, which can&apos;t be changed from here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The settings of %1 need a token that may administer it. %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the server?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart the server?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n reply(ies) end(s); what there is by now is kept.</source>
        <translation type="unfinished">
            <numerusform>%n reply ends; what there is by now is kept.</numerusform>
            <numerusform>%n replies end; what there is by now is kept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) stop(s) until the server runs again.</source>
        <translation>
            <numerusform>%n download stops until the server runs again.</numerusform>
            <numerusform>%n downloads stop until the server runs again.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>OwnerBlock</name>
    <message>
        <source>Settings of this desktop</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PageHeader</name>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>%1 is not among the models of %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may have been deleted, or go by another name: see Models.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PairRow</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved; enter another to replace it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Secret</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep the value apart from mcp.json, in the keyring where there is one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep %1 secret</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Recently used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Actions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pages</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search elsewhere</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search all messages for “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search Discover for “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>answers in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load %1 with options…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Talk to %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PaletteCard</name>
    <message>
        <source>Find actions, chats, models, settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find anything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Found</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>↑ ↓ to move   Enter to open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Esc</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PalettePanel</name>
    <message>
        <source>Find anything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 shows all shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n found</source>
        <translation>
            <numerusform>%n found</numerusform>
            <numerusform>%n found</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PasteDialog</name>
    <message>
        <source>Add a server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paste what the server&apos;s documentation gives: JSON for any program, a link, an address or a command.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fill in a form instead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PickerButton</name>
    <message>
        <source>No model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the model that answers</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PictureBox</name>
    <message>
        <source>Image %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Placeholder</name>
    <message>
        <source>Starting the server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connects to the server again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No connection to the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This takes a moment the first time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for its answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What you write is sent to %1. Ask anything, or begin with one of these:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Puts this text into the message field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find one to download, or put a file of your own whose name ends in .gguf into the models folder, in a folder named for its publisher and in that one a folder named for the model:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shows the models that can be downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything stays on this computer. Ask anything, or begin with one of these:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is on your mind?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 has no model that can chat. It may have one when it is asked again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model yet</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PolicyBox</name>
    <message>
        <source>Ask first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetList</name>
    <message>
        <source>Presets and prompts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PresetMenuButton</name>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as a preset…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove a preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export presets…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import presets…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PrivacyPanel</name>
    <message>
        <source>Privacy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing leaves this computer, except to the servers that you added. Downloads pause, and Discover shows only the models that it knows.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Work offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go online</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools that run as programs on this computer connect on their own. You switch them off in Tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search connections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every connection to another computer: when, where to, why, and how much. Kept on this computer alone, without addresses of pages, words or tokens.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was connected to yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No connection has these words.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ProcessorCard</name>
    <message>
        <source>Processor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 cores, %2 threads</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n core(s)</source>
        <translation>
            <numerusform>%n core</numerusform>
            <numerusform>%n cores</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PromptDialog</name>
    <message>
        <source>Insert</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Prompts</name>
    <message>
        <source>Which tools do you have here, and what can you do for me with them?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A bat and a ball cost 11 together, and the bat costs 10 more. What does the ball cost?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Explain how a sailing boat moves against the wind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write a short letter to a neighbour about a noisy dog</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give me five ideas for a rainy afternoon</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Describe one of my pictures…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What can be seen in this picture?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QAbstractSpinBox</name>
    <message>
        <source>&amp;Select All</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Step up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Step &amp;down</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QLineEdit</name>
    <message>
        <source>&amp;Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cu&amp;t</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Paste</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select All</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QMessageBox</name>
    <message>
        <source>Show Details...</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide Details...</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QPlatformTheme</name>
    <message>
        <source>OK</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QWidgetTextControl</name>
    <message>
        <source>&amp;Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cu&amp;t</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy &amp;Link Location</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Paste</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select All</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>QuestionRow</name>
    <message>
        <source>Your message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Get an answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete from here on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReasoningRun</name>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for %1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thought for %1 min %2 s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReplyQueue</name>
    <message>
        <source>This was not sent: it was waiting for %1, and another server was chosen.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Retry sends it to the server that is chosen now.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ReplyRow</name>
    <message>
        <source>Reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed of the reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on writing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete from here on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Interrupted: Studiolo ended while this was being written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edited</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>went on without tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sent with the whole chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sends the same message again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Reporter</name>
    <message>
        <source>Something unexpected happened.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You can go on, but it may be wise to restart. Details are in the log.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RequestPane</name>
    <message>
        <source>Copy as curl</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parts of the request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is kept of the request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Events (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>token %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of them known already</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>first token after %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Headers and texts of this request were not kept. “Log requests in full” keeps those of the next ones.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The answer is not there yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The events are not shown: the answer has a secret in it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The answer was no stream.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n further event(s) were not kept.</source>
        <translation>
            <numerusform>%n further event was not kept.</numerusform>
            <numerusform>%n further events were not kept.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RequestTable</name>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Request</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Duration</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Program: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n of them were known already</source>
        <translation>
            <numerusform>%n of them was known already</numerusform>
            <numerusform>%n of them were known already</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Requests</name>
    <message>
        <source>Export requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lines of JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied. The command reads the token from LM_API_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied without the whole body, which was not kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 keeps no log of requests.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers of Studiolo show here what programs ask them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the log takes a token with the permission “admin”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting again…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server does not keep this request any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its body was not kept as it was sent.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send %1 again?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It may change something on %1 once more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sending…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent again: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not count its usage.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers of Studiolo show here what models were used for.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the usage takes a token with the permission “admin”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the counts of %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What models were used for until now can&apos;t be shown any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ResourceDialog</name>
    <message>
        <source>Attach from %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It offers nothing to attach.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Attach</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ResultPicture</name>
    <message>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image that can&apos;t be read</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ResultView</name>
    <message>
        <source>Image that can&apos;t be read (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Results</name>
    <message>
        <source>A pick for this server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>asks for consent</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RuntimeRow</name>
    <message>
        <source>Details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy details</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recommended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause the download of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on with the download of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the download of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the test of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Test %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hide details</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Runtimes</name>
    <message>
        <source>%1 does not tell its runtimes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers of Studiolo can run models on the graphics card with other builds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at the runtimes takes a token with the permission “admin”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models are loaded with %1 from now on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is no longer listed. Its files stay where they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its files are deleted from the disk. It can be downloaded again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 works here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address of the list. It is used only if it is signed by those who make Studiolo.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fetch a newer list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder of a runtime</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Executable of llama-server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>comes with Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>library (xllamacpp)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>shares models with %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>build %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not tested yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Doesn&apos;t work here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Being tested</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not for this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused at %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checking and unpacking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for other downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for devices…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading the trial model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writing with the processor…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writing with the graphics card…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Testing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Works: it writes what the bundled runtime writes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Works</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens/s with the trial model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 free</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>RuntimesView</name>
    <message>
        <source>Use the bundled one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runtimes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Builds of llama.cpp that run models. Nothing is updated by itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a folder or executable…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fetch a newer list…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models run with the bundled runtime until this is solved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What can be downloaded is as of %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This machine: %1.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Saving</name>
    <message>
        <source>Text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Image</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Schema</name>
    <message>
        <source>This is needed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose at least %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is no number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This must be a whole number.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This must be at least %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This must be at most %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This needs at least %1 characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This may have at most %1 characters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is no email address.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is no address.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This is no JSON: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose at most %1.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SchemaForm</name>
    <message>
        <source>%1 (optional)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON, such as [1, 2] or {&quot;a&quot;: 1}</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SearchField</name>
    <message>
        <source>Search chats</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SecretEditor</name>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved; enter another to replace it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter or paste it</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SectionList</name>
    <message>
        <source>Sections</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SegmentedControl</name>
    <message>
        <source>%1: %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SendButton</name>
    <message>
        <source>Send</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerButton</name>
    <message>
        <source>This computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the server of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End the server that does not answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start the server of this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try %1 now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Manage servers…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It can be ended by force and started anew. Chats and downloads are kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End it and start anew</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server: %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerCheck</name>
    <message>
        <source>The check was stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load %1 on %2 for the check?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model is loaded there. The smallest has %1; it is unloaded at the end.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check without a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Greets as LM Studio does</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Says what it can do beyond the API</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lists its models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuses an unknown route</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuses an unknown model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Says which field is missing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuses an unknown field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Knows no download that is none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuses to unload what is not loaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loads a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Goes on from an earlier reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Refuses an unknown earlier reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Streams a reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI: lists models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI: replies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI: streams a reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI: completes a text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI: replies by Responses</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OpenAI: embeds a text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Anthropic: replies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unloads the model again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A model is loaded already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no model that can reply.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model is loaded, and none was to be loaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no earlier reply.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No embedding model is loaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was loaded for this check.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes a loaded model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>OK</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not offered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wrong</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Skipped</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerColours</name>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Red</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Orange</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Green</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Teal</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Blue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Purple</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pink</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerDetails</name>
    <message>
        <source>Remove token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use this server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Saved; enter another to replace it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only if it asks for one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>API token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colour</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerList</name>
    <message>
        <source>Servers</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerOverview</name>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use it when it&apos;s free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart to apply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Require authentication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Access</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerPage</name>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All settings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Views of the server</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerPanel</name>
    <message>
        <source>Restart</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whether models may use it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MCP %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It offers no tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its tools are listed as soon as it runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all calls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign in…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for you to sign in, in your browser…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server needs you to sign in.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its sign-in page opens in your browser.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerPresenter</name>
    <message>
        <source>Overview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>API</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerSettingsSource</name>
    <message>
        <source>Connecting to %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 has no settings that can be changed from here. Change them in the program that runs there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking %1 for its settings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not let you see its settings. %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerState</name>
    <message>
        <source>Running, port %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not connected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost, trying again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 does not answer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 refuses the token.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not allowed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificate not trusted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lost, trying again in %1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Can&apos;t be used</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServerViews</name>
    <message>
        <source>Requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usage</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runtimes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other servers</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ServersDialog</name>
    <message>
        <source>Servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move up (Alt+Up)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move down (Alt+Down)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Saving…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore the default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changed from the default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore the default of %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>When the window is closed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start at login</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hidden, with an icon in the tray.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quiet from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quiet until</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Port</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In force from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Serve on the local network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other machines can reach the server. In force from the next start.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Serve the network without authentication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Confirms that anybody on the network may use the server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Require authentication</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every request must carry an API token.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CORS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Web pages may use the server from a browser on this machine.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allowed origins</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Web pages and programs that may use the server without CORS, such as app://obsidian.md.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allowed host names</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Names, beside this machine&apos;s own, under which the server may be asked; *.ts.net is any of them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow per-request MCP servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A request may name MCP servers to use.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow servers from mcp.json</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A request may use the MCP servers set up here; needs authentication.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow private addresses</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MCP servers that a request names may be on this machine or on the local network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rounds of tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>So often a model may call tools in one reply before it is stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log tool calls in full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The log of tool calls has arguments and results. Tokens are cut out in any case.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Just-in-time loading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A request loads the model that it names.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer to any model name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A name that is not known means the model that is loaded, if it is the only one that chats.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload idle models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only those that a request loaded just in time.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Minutes until idle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A request resets the clock.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep only the last model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading a model just in time unloads the one before it that was.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A model that needs more memory than is free is not loaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Longest automatic context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make room for longer requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A model whose context was automatic is loaded again with a longer one when a request needs it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Defaults of models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Further model folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Beside the one in the data folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Days to keep chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show models of other programs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Those of LM Studio, Ollama and the Hugging Face cache, where they lie; they are only read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads at a time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Further ones wait in the queue.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>More are faster where the hub is far.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bandwidth limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For all downloads together.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads leave so much of the disk free.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hub address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A mirror of Hugging Face. Empty: what HF_ENDPOINT says, or Hugging Face itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For private models and those that ask first, at this hub alone. Empty: HF_TOKEN.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Catalog address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An API token with the permission to download. Another server takes it anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limit from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>System</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dark mode night colour color scheme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>In force from the next start of Studiolo.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>translation locale english</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads and the server can keep running in the tray.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep running in the tray</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>quit exit tray background minimize</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>autostart boot launch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notify when a download is complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only while the window is not in front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alert message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notify when a download fails</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alert message error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notify when a reply is done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Also when a tool waits for you. Only while the window is not in front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alert message chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quiet hours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is notified between these times.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>do not disturb silence night</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tray</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Small download window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stays above other windows while Studiolo&apos;s window is closed or minimised and something downloads.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mini monitor float</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>address listen tcp</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lan remote share bind 0.0.0.0</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Who may use it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>token password open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>token password key login</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of everything in the window. Ctrl+Plus, Ctrl+Minus and Ctrl+0 change it, too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>zoom larger smaller font</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Density</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The room between rows and between messages.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>spacing row height tight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comfortable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compact</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Code font</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The name of a font. Without one, or where it is not installed, it is the system&apos;s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>monospace typeface</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Send messages with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shift+Enter always breaks the line.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>key return newline submit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ctrl+Enter</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reasoning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What a model thinks before it answers. Folded, it is open only while the model thinks.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hidden</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>thinking thoughts fold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the speed of replies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens per second, below each reply. The details of a reply always have it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens per second statistics</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Titles of chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model can write a title after its first reply. It does so only on this computer, and while nothing else goes on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Written by the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name rename automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Offers a first model while there is none but the trial model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only those that were changed, by the action.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>browser cross-origin web</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dns domain tailscale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the server keeps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>jit automatic load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>alias gpt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ttl keep alive eject</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time until idle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ttl keep alive</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>evict unload</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Don&apos;t load models that won&apos;t fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ram guardrail refuse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where nothing else is chosen.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>window n_ctx default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A longer context takes more memory, and time when a model is loaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conversations that are too long</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where no longer context can be had. The chat itself stays whole.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Are refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lose their middle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lose their beginning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What was chosen for single models. Set on the page Models when a model is loaded.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>directory path disk gguf</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preferred quantization</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chosen for a download where a model offers it. More bits answer better, and take more memory.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recommended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Q3_K_M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Q4_K_M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Q5_K_M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Q6_K</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Q8_0</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>BF16</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>quant bits gguf download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep chats of programs for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats that programs continue by their id, counted from the last use.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>history responses delete retention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>parallel queue concurrent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connections per download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>parallel segments threads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MB/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>throttle speed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limit only at certain hours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Otherwise the limit is in force all day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>schedule night time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Limit until</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>HH:MM; may be on the next day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Disk and power</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Disk reserve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>None</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>space free</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep awake</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The machine does not go to sleep during a download.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sleep suspend standby</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hub</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hugging face mirror endpoint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hub token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>hugging face access key gated private</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Catalog</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where a newer catalog of models is fetched from, once a day.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>list recommended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Between servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy from other servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A file that one of the servers below has is copied from there instead of the hub.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>peer lan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Addresses such as 192.168.1.5:1234.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token for other servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>peer key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other servers may copy downloaded models from this one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Log requests in full</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens and images are cut out in any case.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>request log bodies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Manual</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Script (PAC)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>overflow truncate rolling window sliding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy user name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy password</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reached without the proxy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy script</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Extra certificates</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Work offline</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Proxy of the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Certificates of the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connections of the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For what the server fetches: that of the system, none, a manual one, or what a script says.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Such as http://proxy.example.com:8080.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty where the proxy asks for none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sent to the proxy alone. Another proxy takes it anew.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Names such as example.com, addresses, and networks such as 10.0.0.0/8.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The address or the path of a PAC file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A file in the form PEM, with certificates to trust beside those of the system.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server connects to nothing but this machine and other servers that were added.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Announce on the local network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other machines that look for servers find this one, while it serves the network.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>discover find mdns bonjour lan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>General</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>look theme font size colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>load memory context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>api network access</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>proxy certificate internet pac test connection</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>offline log data connections ledger</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Notifications</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tray alerts quiet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>keys keyboard hotkeys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>folder logs reset data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>version licence license crash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Same as the system</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the sections</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close the settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search results</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n setting(s) found</source>
        <translation>
            <numerusform>%n setting found</numerusform>
            <numerusform>%n settings found</numerusform>
        </translation>
    </message>
    <message>
        <source>Settings of the server on this computer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings of the server %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This can&apos;t be used: %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset all settings of this desktop?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every setting gets its default, except the offline switch. Chats, models, servers and tokens stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every setting of %1 gets its default, except the offline switch and the addresses of the hub, the proxy and other servers. Models and tokens stay as they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All settings of this desktop were reset.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset all settings of the server?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All settings of %1 were reset.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SettingsPanelPresenter</name>
    <message>
        <source>Preset “%1” applied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset “%1” removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These are the model&apos;s defaults now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as a preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Presets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import presets</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>%1 is for editing text. Choose other keys.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is needed for writing and moving. Add Ctrl or Alt, or choose another key.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 belongs to the system. Choose other keys.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ShortcutsPanel</name>
    <message>
        <source>Search by name or keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give every action its usual shortcut again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No shortcut is called “%1”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>These keys can&apos;t be changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press Enter in the list, then the keys.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 belongs to “%2”, which can&apos;t be changed. Choose other keys.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 belongs to “%2”. Replace takes it away there.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing found for “%1”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your chats will be listed here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n chat(s) tagged</source>
        <translation>
            <numerusform>%n chat tagged</numerusform>
            <numerusform>%n chats tagged</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n chat(s) deleted</source>
        <translation>
            <numerusform>%n chat deleted</numerusform>
            <numerusform>%n chats deleted</numerusform>
        </translation>
    </message>
    <message>
        <source>Chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Exported chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back up everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chats of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore a backup</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replace all chats with those of %1?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The chats that are here now are kept in a backup of their own, and Undo brings them back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your chats are not where they were.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>The file with your chats was damaged. %n message(s) could be recovered.</source>
        <translation>
            <numerusform>The file with your chats was damaged. %n message could be recovered.</numerusform>
            <numerusform>The file with your chats was damaged. %n messages could be recovered.</numerusform>
        </translation>
    </message>
    <message>
        <source>The file with your chats is damaged, and nothing in it can be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The damaged file is kept as %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is a backup of %1. What is here now is kept if you put it back, and Undo brings it back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put the backup back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on without it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no daily backup yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Studiolo makes a backup of your chats each day that it runs, and keeps the last five in %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything is as it was in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Everything is in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n chat(s) exported</source>
        <translation>
            <numerusform>%n chat exported</numerusform>
            <numerusform>%n chats exported</numerusform>
        </translation>
    </message>
    <message>
        <source>Tags</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Separated by commas; the search finds chats by them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (copy)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New folder</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SpeedGraph</name>
    <message>
        <source>Speed of the last five minutes: now %1, at most %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Start</name>
    <message>
        <source>Model files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server ended the import without saying how it went.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The page of models shows whether it is there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The catalog has no model that can chat. Discover finds others.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your token for %1 does not allow downloads. Ask whoever runs it for another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No room on the disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits the free memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fits once other programs give some memory back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tight</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Needs more memory than there is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Won&apos;t fit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of the disk %1 are free, and downloads leave them free. Free some space, or change the disk reserve.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes %1, and downloads may take %2 of the disk. Free some space first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes about %1 of memory, and there are %2. Another machine may have more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes about %1 of memory, and %2 are free now. Close other programs to use it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StartPage</name>
    <message>
        <source>Choose your first model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for a model that fits…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use a model file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect to a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hides this page for good; the settings bring it back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models run on %1. What you write is sent there and nowhere else.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models run on this computer. What you write stays here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The smallest there is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Your choice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A good first model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best for %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best for this computer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>StateCard</name>
    <message>
        <source>The server&apos;s address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restart</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>End it and start anew</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copied</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Status</name>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queued…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing to call %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calling %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 waits for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s to first token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Toast</name>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TokenDialog</name>
    <message>
        <source>Edit token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What uses it, such as VS Code</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expires</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Create token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On a day…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>In %n day(s)</source>
        <translation>
            <numerusform>In %n day</numerusform>
            <numerusform>In %n days</numerusform>
        </translation>
    </message>
    <message>
        <source>May</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Tokens</name>
    <message>
        <source>Chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Administration</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use models: chats, completions and embeddings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Load, unload, move and delete models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search for models and download them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use the tools that are set up on the server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change settings, tokens and tools, and read the request log. Enough to take the server over.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TokensPresenter</name>
    <message>
        <source>Tokens are made on the server itself</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 doesn&apos;t let tokens be managed from here. In LM Studio they are under Developer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The tokens of %1 can&apos;t be seen from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Programs that use it are refused from now on. This can&apos;t be undone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This app uses it to reach %1, and can&apos;t any more until you give it another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revoke “%1”?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revoke</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TokensTable</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begins with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Permissions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Created</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expires</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (used by this app)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Expired</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TokensView</name>
    <message>
        <source>A token lets a program in. Give each program one of its own, and only what it needs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New token…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Revoke…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server doesn&apos;t ask for a token, so programs get in without one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“Require authentication” on the overview changes that.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No tokens yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A token lets a program in, and only to what you allow. You see it once, when you make it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ToolDialog</name>
    <message>
        <source>Its definition takes about %1 tokens.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show schema</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Schema</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It takes no arguments.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It reported an error after %1 s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Done in %1 s.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ToolHints</name>
    <message>
        <source>Its server says so; nobody has checked it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>May delete or overwrite</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only reads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Makes changes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reaches other services</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safe to repeat</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ToolPicker</name>
    <message>
        <source>Tools of this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers and their tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set up tools…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No server is set up yet. A server gives a model its tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This server does not say which plugins it has. A plugin is named mcp/ and its name in the server&apos;s mcp.json. What is added here runs without asking again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for tools…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The definitions take %1 tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About %1 tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model that answers was not made for tools.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add an address…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a server…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Can&apos;t be reached</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n header(s)</source>
        <translation>
            <numerusform>%n header</numerusform>
            <numerusform>%n headers</numerusform>
        </translation>
    </message>
    <message>
        <source>Press Enter or double-click to edit it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Switched off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Did not start</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sign-in needed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n tool(s)</source>
        <translation>
            <numerusform>%n tool</numerusform>
            <numerusform>%n tools</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ToolRow</name>
    <message>
        <source>Shows the tool, and lets you try it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>May %1 be used?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It has changed since you decided, so you are asked again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ToolRows</name>
    <message>
        <source>Set all to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Allow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Off</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n tool(s)</source>
        <translation>
            <numerusform>%n tool</numerusform>
            <numerusform>%n tools</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ToolRun</name>
    <message>
        <source>Arguments</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Result</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 more characters are not shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a tool</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 was not allowed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calling %1…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 did not end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Called %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 waits for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shows what it was given and what it returned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not allowed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Tooling</name>
    <message>
        <source>An address holds no password here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put it into a header.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>An address looks like https://example.com/mcp.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>That is neither a plugin nor an address.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A plugin looks like mcp/playwright, an address like https://example.com/mcp.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ToolsButton</name>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n tool(s)</source>
        <translation>
            <numerusform>%n tool</numerusform>
            <numerusform>%n tools</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n server(s)</source>
        <translation>
            <numerusform>%n server</numerusform>
            <numerusform>%n servers</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose what the model may use in this chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Their definitions take about %1 tokens.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TranscriptView</name>
    <message>
        <source>Conversation</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TransferPanel</name>
    <message>
        <source>Download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel the download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking for it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume the download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause the download</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>0 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checking what came</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for the network</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No room on the disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server does not answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Waiting for other downloads</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrashDialog</name>
    <message>
        <source>Trash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deleted chats stay here for 30 days.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deleted chats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The trash is empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Restore</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Empty trash</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>Forget %n deleted chat(s) for good?</source>
        <translation>
            <numerusform>Forget %n deleted chat for good?</numerusform>
            <numerusform>Forget %n deleted chats for good?</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Tray</name>
    <message>
        <source>Open Studiolo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause all downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume all downloads</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop the server</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n download(s)</source>
        <translation>
            <numerusform>%n download</numerusform>
            <numerusform>%n downloads</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) paused</source>
        <translation>
            <numerusform>%n download paused</numerusform>
            <numerusform>%n downloads paused</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) failed</source>
        <translation>
            <numerusform>%n download failed</numerusform>
            <numerusform>%n downloads failed</numerusform>
        </translation>
    </message>
    <message>
        <source>A reply is being written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server is answering</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server is stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n more</source>
        <translation>
            <numerusform>%n more</numerusform>
            <numerusform>%n more</numerusform>
        </translation>
    </message>
    <message>
        <source>A reply is being written.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Downloads are running.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The server is running, and other programs may use it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Download complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The reply is there</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The reply failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A tool waits for you</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit Studiolo?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrialNote</name>
    <message>
        <source>%1 comes with Studiolo so that you can look around. It is too small for real questions.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrustDialog</name>
    <message>
        <source>Trust this certificate?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare the fingerprint with the one on the server itself. If they are the same, you talk to it and to nobody in between.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SHA-256 fingerprint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Server</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Issued to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Issued by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Valid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SHA-256</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trust this certificate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Upstreams</name>
    <message>
        <source>%1 has its own models only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Servers of Studiolo can use the models of other servers.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other servers take a token with the permission “admin”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking at it, which may take a minute…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove “%1”?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its models are no longer listed here, and its key is forgotten.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: a reply of one token…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: with a tool…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: with a picture…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: embeddings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asking %1 for its models…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>UpstreamsTable</name>
    <message>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Address</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Does not answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Not asked yet</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>UpstreamsView</name>
    <message>
        <source>Models of these servers are listed and used as if they ran here, also by programs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Other servers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About the server that is selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No other servers yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A machine with a graphics card can answer for this one: add the address of its server.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens of context</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>images</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>embeddings</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>UsageChart</name>
    <message>
        <source>Usage by day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model was used on these days.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>UsageTable</name>
    <message>
        <source>Day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Total</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>UsageView</name>
    <message numerus="yes">
        <source>Last %n day(s)</source>
        <translation>
            <numerusform>Last day</numerusform>
            <numerusform>Last %n days</numerusform>
        </translation>
    </message>
    <message>
        <source>Days</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>By token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Grouped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show as table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete the counts…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Usage by day</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Try again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Without a token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>UsedCard</name>
    <message>
        <source>In use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use %1 again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It stands in for the one you chose.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It comes with Studiolo, and is used until you choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>You chose it. Models load with it from now on; those in memory keep theirs.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>VersionSwitch</name>
    <message>
        <source>Previous version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next version</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>WaitingList</name>
    <message>
        <source>Sent after this reply</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Edit this message</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Don&apos;t send this message</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source>%1 GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 kB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 d %2 h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 M</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 k</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Today</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_Banner</name>
    <message>
        <source>Fix…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mcp.json can&apos;t be read. Its last good version stays in use. %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_Chip</name>
    <message>
        <source>Enter shows it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Put it into the text</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_Counts</name>
    <message numerus="yes">
        <source>%n tokens</source>
        <translation>
            <numerusform>%n token</numerusform>
            <numerusform>%n tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tool(s)</source>
        <translation>
            <numerusform>%n tool</numerusform>
            <numerusform>%n tools</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Description</name>
    <message>
        <source>Description</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_EntryRow</name>
    <message>
        <source>Remove %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_InstanceRow</name>
    <message>
        <source>Unload</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unload %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens of context</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 of %2 slots in use</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>goes in %1 if idle</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_Lines</name>
    <message numerus="yes">
        <source>%n reply(ies) end(s); what there is by now is kept.</source>
        <translation>
            <numerusform>%n reply ends; what there is by now is kept.</numerusform>
            <numerusform>%n replies end; what there is by now is kept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n message(s) not sent yet stay(s) as draft(s).</source>
        <translation>
            <numerusform>%n message not sent yet stays as a draft.</numerusform>
            <numerusform>%n messages not sent yet stay as drafts.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) stop(s) until the next start.</source>
        <translation>
            <numerusform>%n download stops until the next start.</numerusform>
            <numerusform>%n downloads stop until the next start.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n download(s) elsewhere go(es) on.</source>
        <translation>
            <numerusform>%n download elsewhere goes on.</numerusform>
            <numerusform>%n downloads elsewhere go on.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_NothingFound</name>
    <message>
        <source>Try another word, or choose a section.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear the search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No setting is called “%1”</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>_Totals</name>
    <message>
        <source>Requests</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Known already</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Failed</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>card</name>
    <message>
        <source>Disks: %1 read, %2 written</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>self.panel</name>
    <message>
        <source>Nothing here is called “%1”.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>tray</name>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
