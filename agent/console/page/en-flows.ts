// agent/console page: the words about flows and outputs in English, and the shape that each other language fills. Pure.

export const enFlows = {
  byFlow: (name: string, sure: string) =>
    `A flow on this box reported this, without a picture: ${name}. Certainty ${sure} %.`,
  outputs: {
    title: 'Outputs',
    state: { 0: 'Off', 1: 'On' },
    error: (why: string) => `This line cannot be switched: ${why}`,
    hint: 'Switched by flows; off while no flow runs.',
  },
  flows: {
    title: 'Flows',
    state: {
      starting: 'Starting',
      running: 'Running',
      stopped: 'Nothing runs',
      safe: 'Safe mode: not run',
      gone: 'Not running',
    },
    facts: (nodes: number, memory: string) => `${nodes === 1 ? '1 node' : `${nodes} nodes`} · ${memory}`,
    version: (name: string) => `Node-RED ${name}`,
    ended: (time: string, why: string) => `Ended and started again ${time}: ${why}`,
    hint: 'Flows wire what the box sees to what is wired to it, such as a lamp to a case.',
    editor: {
      title: 'Editor',
      closed: 'Closed. It opens for a limited time, with a password of its own.',
      open: (minutes: number) => `Open the editor for ${minutes} min`,
      again: 'Open anew, with another password',
      opening: 'Opening …',
      close: 'Close it now',
      left: (time: string) => `Open for ${time} more`,
      where: (url: string) => `It listens on the box itself only, at ${url}`,
      here: 'Open the editor',
      tunnel: 'From another computer, make a tunnel first and keep it open:',
      user: 'Name',
      password: 'Password',
      once: 'It is shown only here and only now; it is void when the editor closes.',
      others: 'Somebody opened it. Its password was shown to them; open it anew for one of your own.',
      failed: (why: string) => `That did not work: ${why}`,
    },
  },
};
