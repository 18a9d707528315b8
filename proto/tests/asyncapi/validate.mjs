// SPDX-License-Identifier: Apache-2.0
// Validates proto/asyncapi.yaml with the parser of the AsyncAPI project, and sees to it that a broken document is refused.
// The parser does not hold examples against their schemas; asyncapi_test.py does.
//
// Usage: node validate.mjs DIR DOCUMENT, where DIR is what ./install was given. Exits with 77 when nothing is installed
// there, but with 1 where CI=true: what is not looked at there is looked at nowhere.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [dir, path] = process.argv.slice(2);
if (!existsSync(join(dir, "node_modules/installed.json"))) {
    console.error(`the AsyncAPI validator is not installed; call proto/tests/asyncapi/install ${dir}`);
    process.exit(process.env.CI === "true" ? 1 : 77);
}
const require = createRequire(join(resolve(dir), "package.json"));
const { Parser } = require("@asyncapi/parser");
const yaml = require("js-yaml");

const ERROR = 0;
const text = readFileSync(path, "utf8");
const parser = new Parser();
let failures = 0;

function fail(what) {
    failures += 1;
    console.error(`FAILED ${what}`);
}

async function errorsOf(source) {
    const { document, diagnostics } = await parser.parse(source);
    const errors = diagnostics.filter((found) => found.severity === ERROR);
    return { document, errors, diagnostics };
}

// Each breaks one thing of a document that the validator must not let pass: that shows that it looks.
const BREAKS = {
    "a version that is no text": (broken) => (broken.info.version = 1),
    "an operation on a channel that is not there": (broken) =>
        (Object.values(broken.operations)[0].channel.$ref = "#/channels/nowhere"),
    "a message of another channel": (broken) =>
        (Object.values(broken.operations)[0].messages[0].$ref = "#/components/messages/person.get"),
    "a schema that is none": (broken) => (Object.values(broken.components.schemas).at(-1).type = "mapp"),
    "an example without payload": (broken) => (broken.components.messages["person.get"].examples = [{}]),
    "an unknown key": (broken) => (Object.values(broken.channels)[0].adress = "x"),
};

const { document, errors, diagnostics } = await errorsOf(text);
for (const found of diagnostics) {
    if (found.severity <= 1) fail(`${found.path.join(" / ")}: ${found.message} (${found.code})`);
}
if (!document) {
    fail("no document came of it");
} else {
    const [operations, messages] = [document.operations().all(), document.components().messages().all()];
    for (const message of messages) if (message.examples().all().length === 0) fail(`${message.id()} has no example`);
    for (const operation of operations) {
        if (operation.action() === "receive" && !operation.reply()) fail(`${operation.id()} has no reply`);
    }
    console.log(`AsyncAPI ${document.version()}: ${operations.length} operations, ${messages.length} messages`);
}

// One operation with all that it refers to: seconds less for each break.
function small() {
    const { channels, operations, components, ...rest } = yaml.load(text);
    const all = { channels, operations, ...components };
    const kept = Object.fromEntries(Object.keys(all).map((group) => [group, {}]));
    const waiting = [["operations", "person.get"]];
    while (waiting.length) {
        const [group, name] = waiting.pop();
        if (name in kept[group]) continue;
        kept[group][name] = all[group][name];
        const references = JSON.stringify(all[group][name]).matchAll(/"#\/(?:components\/)?([a-zA-Z]+)\/([^"/]+)/g);
        for (const [, next, its] of references) waiting.push([next, its]);
    }
    delete rest.servers; // for the keys of which there is nothing here
    const { channels: ways, operations: done, ...parts } = kept;
    return { ...rest, channels: ways, operations: done, components: parts };
}

if ((await errorsOf(JSON.stringify(small()))).errors.length) fail("a small document without a fault was refused");
for (const [what, damage] of Object.entries(BREAKS)) {
    const broken = small();
    damage(broken);
    if ((await errorsOf(JSON.stringify(broken))).errors.length === 0) fail(`${what} was not refused`);
}
console.log(failures || errors.length ? `${failures} failures` : "all as it should be");
process.exit(failures ? 1 : 0);
