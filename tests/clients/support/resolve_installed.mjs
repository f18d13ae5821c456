// Preloaded (node --import): packages are looked for where scripts/install-clients put them, whatever folder the
// file that imports them is in, so that neither the sources nor a snippet in a temporary directory need a
// node_modules beside them.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const installed = pathToFileURL(process.env.CLIENTS_DIR + "/package.json").href;

registerHooks({
  resolve(specifier, context, next) {
    const isPackage = !/^(\.|\/|file:|node:|data:)/.test(specifier);
    const ofOurs = !context.parentURL?.includes("/node_modules/");
    return next(specifier, isPackage && ofOurs ? { ...context, parentURL: installed } : context);
  },
});
