/** The version of this code, as the manifest of every report names it. */
import manifest from '../package.json' with { type: 'json' };

export const codeVersion: string = manifest.version;
