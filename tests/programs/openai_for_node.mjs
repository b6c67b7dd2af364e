// What programs in JavaScript do with OpenAI's package; prints one JSON object. Arguments: the address, the model.
import OpenAI from "openai";

const [baseURL, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "Is the lamp lit?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

function tool(name, answers) {
  const call = (given) => (answers.push(given), "Clear, 4 °C");
  return { type: "function", function: { name, description: "Today's weather", parameters, parse: JSON.parse, function: call } };
}

const said = {};
let deltas = 0;
const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
stream.on("content", () => (deltas += 1));
said.finalMessage = await stream.finalMessage();
const completion = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
said.finalChatCompletion = completion.choices[0];
said.deltas = deltas;

said.called = [];
const runner = client.chat.completions.runTools({ model, messages, stream: true, tools: [tool("get_weather", said.called)] });
said.afterTools = await runner.finalContent();

said.forced = [];
const forced = client.chat.completions.runTools({
  model,
  messages,
  stream: true,
  tools: [tool("weather_of_tomorrow", said.forced)],
  tool_choice: { type: "function", function: { name: "weather_of_tomorrow" } },
});
said.forcedMessage = await forced.finalMessage();

const response = client.responses.stream({ model, input: messages });
said.events = [];
for await (const event of response) said.events.push(event.type);
said.response = (await response.finalResponse()).output_text;
console.log(JSON.stringify(said));
