// agent/main/site: the choice between an edit made on the box, a publication and the box's own file. In: all three. Out: the
// one that is in force, with a revision that names it. Never: an edit that silently stands over something newer. Pure.
//
// What came last on this box counts, by what it was made over and not by a clock: an edit notes the file and the publication
// that were there. While both are the same, it is in force. Once another file or publication comes, that is newer: the edit
// is set aside, kept and offered, until somebody sends it again. Without an edit a publication stands over the file.
import { createHash } from 'node:crypto';
import type { Version } from '../../../ota/device/index.ts';
import type { Site, SiteOnDisk } from '../../config/site.ts';
import type { SiteFrom } from '../../console/api-site.ts';
import { documentOf, type Edit } from './edits.ts';

/** What runs. */
export interface InForce {
  readonly site: Site;
  readonly from: SiteFrom;
  readonly version: string;
  readonly since: number | null;
  readonly revision: string;
  /** the publication that this is, or that an edit was made over */
  readonly published: Version | null;
}

/** What there is to choose from; `at`: epoch ms since when, null: not known. */
export interface Choice {
  readonly own: Pick<SiteOnDisk, 'site' | 'fingerprint'> & { readonly at: number | null };
  readonly published: { readonly site: Site; readonly version: Version; readonly at: number | null } | null;
  readonly edit: Edit | null;
  /** the edit's site, if this program still takes it */
  readonly usable: () => Site | null;
}

export function choose({ own, published, edit, usable }: Choice): InForce {
  const version = published?.version ?? null;
  if (edit && edit.over.file === own.fingerprint && edit.over.counter === (version?.counter ?? null)) {
    const edited = usable();
    if (edited) return inForce(edited, 'edited', edited.profile.version, edit.at, version);
  }
  if (published) return inForce(published.site, 'published', published.version.version, published.at, version);
  return inForce(own.site, 'file', own.site.profile.version, own.at, null);
}

function inForce(site: Site, from: SiteFrom, version: string, at: number | null, published: Version | null): InForce {
  const hash = createHash('sha256').update(JSON.stringify([from, version, documentOf(site)]));
  const revision = hash.digest('hex').slice(0, 16);
  return { site, from, version, since: at === null ? null : Math.round(at), revision, published };
}
