// agent/main/site: the site file as it could last be taken. In: each good one. Out: the same at a start that finds the file
// broken: somebody saved half a change, and then the power went. Never: for another file than it was kept for; readable
// by others than the agent, as it may hold a camera's password.
import { z } from 'zod';
import { checkSite } from '../../config/faults.ts';
import type { SiteOnDisk } from '../../config/site.ts';
import { SmallFile } from '../small-file.ts';

const keptSchema = z.object({
  v: z.literal(1),
  /** the site file and the profile file that it names */
  files: z.array(z.string().max(4096)).min(1).max(2),
  fingerprint: z.string().max(64),
  site: z.record(z.string(), z.unknown()),
});

const PRIVATE = 0o600;

export class LastGood {
  readonly #kept: SmallFile<z.infer<typeof keptSchema>>;

  constructor(file: string) {
    this.#kept = new SmallFile(file, keptSchema, PRIVATE);
  }

  /** @throws what writing throws */
  async keep({ site, files, fingerprint }: SiteOnDisk): Promise<void> {
    const before = this.#kept.read();
    if (before?.fingerprint === fingerprint && before.files[0] === files[0]) return;
    await this.#kept.write({ v: 1, files: [...files], fingerprint, site: { ...site } });
  }

  /** What was kept for this site file; null where nothing was, or this program takes it no more. */
  read(file: string): SiteOnDisk | null {
    const kept = this.#kept.read();
    if (kept?.files[0] !== file) return null;
    const checked = checkSite(kept.site);
    return 'site' in checked ? { site: checked.site, files: kept.files, fingerprint: kept.fingerprint } : null;
  }
}
