import { readFileSync } from "node:fs";

/// The fenced blocks of a page, in its order: { language, text, heading }.
export function fencedBlocks(page) {
  const blocks = [];
  let heading = "";
  let block;
  for (const line of readFileSync(page, "utf8").split("\n")) {
    if (block && line === "```") block = undefined;
    else if (block) block.text += `${line}\n`;
    else if (line.startsWith("```")) blocks.push((block = { language: line.slice(3), text: "", heading }));
    else if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
  }
  return blocks;
}
