using System.Collections.Immutable;
using TrafficCtl.Simulator.Chances;
using TrafficCtl.Simulator.Comparing;

namespace TrafficCtl.Simulator.TypeI;

/// <summary>What to check.</summary>
/// <param name="Cases">Nulls.</param>
/// <param name="Runs">How often each case is played.</param>
/// <param name="Looks">Ticks of 5 s in a run.</param>
/// <param name="Seed">What seeds everything.</param>
public sealed record TypeIPlan(ImmutableArray<NullCase> Cases, int Runs, int Looks, ulong Seed);

/// <summary>How often each test concluded harm that is not there, at a nominal alpha of 1 %.</summary>
/// <param name="Case">The null.</param>
/// <param name="Guarded">The whole judge, with stable's own instances as placebos.</param>
/// <param name="Bare">The whole judge without placebos.</param>
/// <param name="Errors">Errors by themselves at 1/alpha, without placebos.</param>
/// <param name="Unsure">How often the guarded judge is unsure at the last look.</param>
public sealed record TypeICell(NullCase Case, Share Guarded, Share Bare, Share Errors, Share Unsure);

/// <summary>Counts false failures under continuous looking. The same for a seed on any number of threads.</summary>
public static class TypeICheck
{
    /// <param name="plan">What to check.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told how many runs are done, from any thread; may be null.</param>
    /// <param name="stop">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public static ImmutableArray<TypeICell> Run(TypeIPlan plan, int threads, Action<long>? progress, CancellationToken stop)
    {
        var results = plan.Cases.Select(_ => new Watched[plan.Runs]).ToArray();
        long done = 0;
        Parallel.For(0, (long)plan.Cases.Length * plan.Runs, new ParallelOptions
        {
            MaxDegreeOfParallelism = threads,
            CancellationToken = stop,
        }, job =>
        {
            var (index, run) = ((int)(job / plan.Runs), (int)(job % plan.Runs));
            var nullCase = plan.Cases[index];
            var seed = Chance.Seed(
                plan.Seed, RuleComparison.Hash(nullCase.Scenario.Name), BitConverter.DoubleToUInt64Bits(nullCase.RequestsPerSecond),
                (ulong)run);
            results[index][run] = Vigil.Keep(nullCase, seed, plan.Looks, stop);
            progress?.Invoke(Interlocked.Increment(ref done));
        });
        return [.. plan.Cases.Select((c, i) => new TypeICell(
            c, ShareOf(results[i], static r => r.Guarded), ShareOf(results[i], static r => r.Bare),
            ShareOf(results[i], static r => r.Errors), ShareOf(results[i], static r => r.Unsure)))];
    }

    private static Share ShareOf(Watched[] runs, Func<Watched, bool> counts) => new(runs.Count(counts), runs.Length);
}
