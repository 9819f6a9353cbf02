// agent/console page: the words of updates in English. zh-updates has the same ones.
export const enUpdates = {
  updates: {
    title: 'Software',
    fact: {
      version: 'Version',
      slot: 'Slot',
      model: 'Model',
      looks: 'Looks with',
      measured: 'Measured here',
      profile: 'Rules',
      checked: 'Last look',
    },
    checkout: 'none: a checkout',
    none: 'none',
    never: 'never yet',
    own: "the box's own",
    pushed: (counter: number) => `pushed, no. ${counter}`,
    noRepository: 'No updates: the configuration names no repository (updates.url).',
    absent: 'did not run',
    tried: (when: string) => `tried here ${when}`,
    wanted: 'Updates',
    kind: { model: 'Model', profile: 'Rules', agent: 'Release' },
    result: {
      success: 'runs',
      pending: 'on its way',
      trial: 'on trial',
      failed: 'not yet',
      refused: 'refused',
      returned: 'switched back',
    },
  },
};
