// agent/console: the shapes of the site's part of the interface: zones, lines and rules in force, their edits, near-misses.
import type { Profile, Site } from '../config/site.ts';
import type { RunningVersion, Words } from './api.ts';

/** How a camera is reached is the box's own business, and may hold a password: it is neither told nor taken here. */
export const REACH = ['source', 'main', 'transport', 'decode'] as const;
export type ReachKey = (typeof REACH)[number];

/** A whole site with its rules in it, without how its cameras are reached. */
export type SiteDocument = Omit<Site, 'cameras' | 'profile'> & {
  cameras: Omit<Site['cameras'][number], ReachKey>[];
  profile: Profile;
};

/** Where zones and rules come from: the box's own file, an edit made on this page, a publication. */
export type SiteFrom = 'file' | 'edited' | 'published';

/** A part of GET /api/state: which zones and rules are in force. */
export interface SiteState {
  from: SiteFrom;
  /** epoch ms since when; null: not known */
  since: number | null;
  version: string;
  /** changes with the content: what `If-Match` names */
  revision: string;
  /** an edit that something newer has overtaken: when it was made, and its version */
  aside: { at: number; version: string } | null;
  /** the file as it is now cannot be taken: what runs stays */
  fault: { code: string; what: string; since: number } | null;
  /** names of classes in its rules and lines that the detector does not know: nothing is ever found by them */
  unknown: string[];
}

/** GET /api/site */
export interface SiteAnswer extends SiteState {
  running: RunningVersion;
  site: SiteDocument;
  /** the edit that was overtaken, whole: it can be sent again */
  other: SiteDocument | null;
  /** what the detector can name */
  classes: string[];
  /** matters that rules may be about, by code */
  codes: Record<string, Words>;
}

export interface SiteFault {
  /** keys to it, joined by dots: cameras.0.zones.1.polygon */
  path: string;
  zh: string;
  en: string;
}

/** What became of an edit. */
export type SiteEdited =
  | { done: SiteAnswer }
  | { faults: SiteFault[] }
  /** somebody else was faster */
  | { changed: string };

/** What the composition root gives the console for a box with cameras. */
export interface SiteSource {
  answer(): SiteAnswer;
  /** @param revision that it was made from; null: whatever is in force @throws KerbError where it cannot be kept */
  edit(site: unknown, revision: string | null): Promise<SiteEdited>;
  /** back to the file or the publication; the edit is gone @throws KerbError where that cannot be kept */
  forget(): Promise<SiteAnswer>;
}

/** What ended without becoming an event, or never began to be timed. */
export interface NearMiss {
  kind: 'object' | 'group';
  zone: string;
  rule: string;
  class: string;
  at: number;
  until: number;
  dwell_s: number;
  limit_s: number;
  score: number;
  min_score: number;
  count?: number;
  needed?: number;
  box: readonly [number, number, number, number];
  reason: 'left' | 'score' | 'few' | 'unattended' | 'hours';
}
