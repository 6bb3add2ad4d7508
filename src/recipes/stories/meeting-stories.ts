/** Where programs wait for each other: barriers, latches and groups. */
import { check, refusal, same } from '../../engines/conformance/index.ts';
import { at, nextThat, programs, type RecipeStory, shortTtlMs, untilItems } from './story.ts';

export const meetingStories: readonly RecipeStory[] = [
  {
    recipe: 'barrier',
    name: 'it is raised by one, holds everybody, and lets all through when it is lifted',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const barriers = many.map(({ recipes }) => recipes.barrier(stage.name));
      await Promise.all(barriers.map((barrier) => barrier.pass()));
      const raised = await Promise.all(barriers.map((barrier) => barrier.raise()));
      same(raised.filter((isFirst) => isFirst).length, 1, 'how many raised it');
      let passed = 0;
      const passing = barriers.map(async (barrier) => {
        await barrier.pass();
        passed += 1;
      });
      const inVain = at(barriers, 0).pass({ wait: 100 });
      same(await refusal(inVain, 'a short wait'), 'deadline-exceeded', 'its code');
      same(passed, 0, 'how many have passed a raised barrier');
      same(await at(barriers, 1).lift(), true, 'whether it was raised');
      await Promise.all(passing);
      same(await at(barriers, 2).isRaised(), false, 'whether it is raised');
    },
  },
  {
    recipe: 'double barrier',
    name: 'nobody goes in before all have come, and nobody has gone out before all have left',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const barriers = many.map(({ recipes }) => recipes.doubleBarrier(stage.name, 3));
      let come = 0;
      const entering = [0, 1].map(async (place) => {
        const inside = await at(barriers, place).enter();
        same(come, 1, 'whether the last one has come');
        return inside;
      });
      await untilItems(at(many, 0), `double-barriers/${stage.name}`, 2);
      come = 1;
      const inside = await Promise.all([...entering, at(barriers, 2).enter()]);
      same(
        inside.map(({ size }) => size),
        [3, 3, 3],
        'how many went in together',
      );
      let out = 0;
      const leaving = [0, 1].map(async (place) => {
        await at(inside, place).leave();
        same(out, 1, 'whether the last one leaves');
      });
      // One place, and the round.
      await untilItems(at(many, 0), `double-barriers/${stage.name}`, 2);
      out = 1;
      await Promise.all([...leaving, at(inside, 2).leave()]);
    },
  },
  {
    recipe: 'double barrier',
    name: 'the others do not wait for one who dies inside',
    run: async (stage) => {
      const dying = await stage.program();
      const mortal = await stage.program({ ttl: shortTtlMs(dying) });
      const other = await stage.program();
      const [dead, alive] = [mortal, other].map(({ recipes }) =>
        recipes.doubleBarrier(stage.name, 2).enter(),
      );
      check(dead !== undefined && alive !== undefined, 'both are there');
      const [first, second] = await Promise.all([dead, alive]);
      mortal.standStill();
      await second.leave();
      same(first.signal.aborted, true, 'what the dead one is told');
      mortal.goOn();
      await first.leave();
    },
  },
  {
    recipe: 'latch',
    name: 'it opens behind the last of its steps, for those who wait and those who come later',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const latches = many.map(({ recipes }) => recipes.latch(stage.name, 3));
      let steps = 0;
      const waiting = latches.map(async (latch) => {
        await latch.wait();
        same(steps, 3, 'how many steps were made before it opened');
      });
      const left: number[] = [];
      for (const latch of latches) {
        steps += 1;
        left.push(await latch.countDown());
      }
      same(left, [2, 1, 0], 'how many are left');
      await Promise.all(waiting);
      await at(latches, 0).wait();
      same(await at(latches, 1).countDown(), 0, 'what a step beyond the last one leaves');
      const differing = at(many, 0).recipes.latch(stage.name, 4).left();
      same(await refusal(differing, 'another count'), 'settings-differ', 'its code');
    },
  },
  {
    recipe: 'group',
    name: 'all see who is there and what they say, and that somebody leaves',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const groups = many.map(({ recipes }) => recipes.group<{ port: number }>(stage.name));
      await using view = await at(groups, 2).view();
      const changes = view.changes();
      const first = await at(groups, 0).join('first', { port: 1 });
      await using second = await at(groups, 1).join('second', { port: 2 });
      await nextThat(changes, (members) => members.size === 2);
      const taken = at(groups, 2).join('first', { port: 3 });
      same(await refusal(taken, 'a name that is taken'), 'name-taken', 'its code');
      await second.update({ port: 4 });
      await nextThat(changes, (members) => members.get('second')?.data.port === 4);
      const listed = await at(groups, 2).list();
      same(
        listed.map(({ name, data }) => [name, data.port]),
        [
          ['first', 1],
          ['second', 4],
        ],
        'who is there',
      );
      await first.leave();
      await nextThat(changes, (members) => members.size === 1);
      await changes.return(undefined);
    },
  },
  {
    recipe: 'group',
    name: 'a member that stands still is gone for itself and then for the others, and its name is free',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const member = await first.recipes.group(stage.name).join('one', 1, { ttl: shortTtlMs(first) });
      const group = second.recipes.group(stage.name);
      first.standStill();
      const next = await group.join('one', 2, { wait: '60s' });
      same([member.signal.aborted, member.isMember, next.isMember], [true, false, true], 'who is a member');
      check(next.fence.token > member.fence.token, 'who joins later has a larger token');
      first.goOn();
      same(await refusal(member.update(3), 'what the first one says'), 'session-expired', 'its code');
      await member.leave();
      same(
        (await group.list()).map(({ data }) => data),
        [2],
        'who is there',
      );
    },
  },
];
