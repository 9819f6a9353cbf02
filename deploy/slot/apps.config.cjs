// slot/apps: what pm2 runs. In: KERBSIDE_TRIAL. interpreter "none" and sh files that become Node: pm2 loads no code of
// its own into our programs. Never "errored": whatever crashes is tried again, at most every 15 s.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const slot = join(__dirname, '../..');

const app = (name, more) => ({
  name,
  script: join(__dirname, name),
  interpreter: 'none',
  exec_mode: 'fork',
  cwd: slot,
  kill_timeout: 5000, // an agent needs two seconds to close its logs
  max_restarts: 1_000_000_000,
  min_uptime: 100, // the least that pm2 takes
  exp_backoff_restart_delay: 100,
  treekill: false, // calls ps, which a small system lacks; our programs end their own children
  vizion: false,
  pmx: false,
  out_file: '/dev/null', // the journal keeps what they say
  error_file: '/dev/null',
  ...more,
});

module.exports = {
  apps: [
    // Within a trial the launcher must see an exit: it alone decides about going back.
    app('agent', { autorestart: process.env.KERBSIDE_TRIAL !== '1' }),
    ...(['js', 'ts'].some((kind) => existsSync(join(slot, `flows/main.${kind}`))) ? [app('flows', {})] : []),
  ],
};
