using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Simulator.Chances;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Simulator.Comparing;

/// <summary>What to compare.</summary>
/// <param name="Runs">How often each cell is played.</param>
/// <param name="Seed">Run i of a scenario and a rate meets the same incidents, noise and offsets under every rule.</param>
public sealed record ComparisonPlan(
    ImmutableArray<Scenario> Scenarios, ImmutableArray<double> RequestsPerSecond, ImmutableArray<IRule> Rules, int Runs, ulong Seed)
{
    /// <summary>A run ends here, two hours after the candidate was deployed; what was missed served until then.</summary>
    public const double HorizonSeconds = 7200;

    public int Cells => Scenarios.Length * RequestsPerSecond.Length * Rules.Length;
}

/// <summary>
/// Plays every run of a plan, as many at once as asked, and sums up each cell. The same for a seed on any number of threads.
/// </summary>
public static class RuleComparison
{
    /// <param name="plan">What to compare.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="progress">Told how many runs are done, from any thread; may be null.</param>
    /// <param name="stop">Ends it with an <see cref="OperationCanceledException"/>.</param>
    public static ImmutableArray<Cell> Run(ComparisonPlan plan, int threads, Action<long>? progress, CancellationToken stop)
    {
        var cells = (
            from scenario in plan.Scenarios
            from rps in plan.RequestsPerSecond
            from rule in plan.Rules
            select (Scenario: scenario, Rps: rps, Rule: rule, Results: new RunResult[plan.Runs])).ToArray();
        long done = 0;
        Parallel.For(0, (long)cells.Length * plan.Runs, new ParallelOptions
        {
            MaxDegreeOfParallelism = threads,
            CancellationToken = stop,
        }, job =>
        {
            var (cell, run) = (cells[job / plan.Runs], (int)(job % plan.Runs));
            var seed = Chance.Seed(plan.Seed, Hash(cell.Scenario.Name), BitConverter.DoubleToUInt64Bits(cell.Rps), (ulong)run);
            cell.Results[run] = ComparedRollout.Play(cell.Scenario, cell.Rps, cell.Rule, seed, ComparisonPlan.HorizonSeconds);
            progress?.Invoke(Interlocked.Increment(ref done));
        });
        return [.. cells.Select(c => Cell.Of(c.Scenario, c.Rps, c.Rule.Name, c.Results))];
    }

    /// <summary>FNV-1a: a name's place among the seeds must not depend on the process.</summary>
    internal static ulong Hash(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 1099511628211UL;
        return hash;
    }
}
