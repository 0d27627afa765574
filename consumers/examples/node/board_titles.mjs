// Keeps the title of each board, from the first fact on: one JSON line for each change.
// node board_titles.mjs KAFKA GROUP   (for example: 127.0.0.1:9092 board_titles)
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { Kafka, logLevel } from "kafkajs";

const [brokers, group] = process.argv.slice(2);
const TOPIC = "boards.facts";
const DEAD = `${group}.dlq`;

// The schema files themselves. They are closed for who writes and open for who reads: a field that was added later must
// not stop us.
const open = (_, value) => {
  if (value && typeof value === "object") {
    delete value.additionalProperties;
    delete value.unevaluatedProperties;
  }
  return value;
};
const folder = fileURLToPath(new URL("../../../schemas/", import.meta.url));
const read = (name) => JSON.parse(readFileSync(folder + name, "utf8"), open);
const ajv = formats(new Ajv({ strict: false, allErrors: true }));
ajv.addSchema(read("vocabulary.v1.json"));
const domain = TOPIC.split(".")[0];
for (const name of readdirSync(folder + domain)) {
  if (/\.v\d+\.json$/.test(name)) ajv.addSchema(read(`${domain}/${name}`));
}

// Why a record cannot be read, or nothing.
function fault(type, version, data) {
  const check = ajv.getSchema(`doska:/${type.replace(".", "/")}.v${version}.json`);
  if (!check) return `there is no schema ${type}/${version}`;
  return check(data) ? null : ajv.errorsText(check.errors);
}

const known = new Map(); // board -> the revision of its last fact: what comes twice changes nothing
function handle(type, data) {
  if (data.title === undefined || data.revision <= (known.get(data.board_id) ?? 0)) return;
  known.set(data.board_id, data.revision);
  console.log(JSON.stringify({ board_id: data.board_id, title: data.title, type }));
}

const kafka = new Kafka({ clientId: group, brokers: brokers.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: group });
const producer = kafka.producer();
await Promise.all([consumer.connect(), producer.connect()]);
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachMessage: async ({ topic, partition, message }) => {
    let reason;
    try {
      const [type, version] = String(message.headers.ce_dataschema).split("/");
      const data = JSON.parse(message.value);
      reason = fault(type, version, data);
      if (!reason) handle(type, data);
    } catch (error) {
      reason = String(error);
    }
    if (reason) {
      const where = { dead_topic: topic, dead_partition: `${partition}`, dead_offset: message.offset };
      const why = { dead_consumer: group, dead_code: "schema_invalid", dead_reason: reason };
      const headers = { ...message.headers, ...why, ...where };
      await producer.send({ topic: DEAD, messages: [{ key: message.key, value: message.value, headers }] });
    }
    // After the effect, never before it.
    await consumer.commitOffsets([{ topic, partition, offset: `${BigInt(message.offset) + 1n}` }]);
  },
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    await consumer.disconnect();
    await producer.disconnect();
    process.exit(0);
  });
}
