// agent/main: the version of this program, from package.json.
import pkg from '../../package.json' with { type: 'json' };

export const VERSION: string = pkg.version;
