/**
 * `npm run engines:install`: the servers that engines are tested with, from Debian's packages. Their services are
 * stopped and kept from starting with the machine: the tests start servers of their own, on other ports and data.
 */
import { spawnSync } from 'node:child_process';

const packages = [
  'etcd-server',
  'etcd-client',
  'zookeeper',
  'redis-server',
  'nats-server',
  'postgresql',
  'pgbouncer',
  'bind9-dnsutils',
];
const services = ['etcd', 'zookeeper', 'redis-server', 'nats-server', 'postgresql', 'pgbouncer'];

function run(program: string, words: readonly string[]): boolean {
  console.log([program, ...words].join(' '));
  const { status, error } = spawnSync(program, words, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) console.error(`${program} could not be run: ${error.message}`);
  return status === 0;
}

function missing(): string[] {
  return packages.filter((name) => {
    const { stdout } = spawnSync('dpkg-query', ['--status', name], {
      encoding: 'utf8',
    });
    return !(stdout ?? '').includes('install ok installed');
  });
}

function main(): number {
  const wanted = missing();
  if (wanted.length === 0) {
    console.log(`installed already: ${packages.join(', ')}`);
    return 0;
  }
  const isDone =
    run('apt-get', ['update', '-qq']) &&
    run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...wanted]);
  if (!isDone) {
    console.error(
      `not installed: ${missing().join(', ')}; install them by hand, as root, on Debian or one of its kin`,
    );
    return 1;
  }
  // Where no service manager runs, nothing was started.
  for (const name of services) spawnSync('systemctl', ['disable', '--now', name], { stdio: 'ignore' });
  return 0;
}

process.exitCode = main();
