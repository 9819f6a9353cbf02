// deploy: whether a topic, or a subscription, lies wholly within an MQTT pattern. Pure.

/**
 * `pattern` may hold + and #. A subscription's own wildcards count as what they stand for: kerb/# lies not within
 * kerb/+/up, kerb/+/up lies within kerb/#. $share and other $ topics lie within nothing.
 */
export function matches(pattern: string, topic: string): boolean {
  if (topic.startsWith('$')) return false;
  const allowed = pattern.split('/');
  const asked = topic.split('/');
  for (const [i, level] of allowed.entries()) {
    if (level === '#') return true;
    const other = asked[i];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return asked.length === allowed.length;
}
