/** Run by the clock's tests as a process of its own: its background timer is an hour away, its other one near. */
import { realClock, realLoopDelay } from '../../src/ports/real/index.ts';

const clock = realClock();
realLoopDelay();
clock.setTimer(3_600_000, () => console.log('background'), { background: true });
clock.setTimer(1, () => console.log('foreground'));
