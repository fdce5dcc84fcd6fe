using System.Globalization;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Demo.Pacing;

/// <summary>Raises the load level by level, through a proxy of its own, until answers come late.</summary>
/// <remarks>
/// The proxy, the load generator and both upstreams have run their code many times when it is over, so that neither version is slower in
/// the demonstration because it is colder, and what the judge learns of stable is not the noise of a start.
/// </remarks>
internal sealed class PaceTest(ILoad load, IDemoView view, TimeProvider clock)
{
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>A cold machine is given this many looks at the lowest level.</summary>
    private const int FirstLooks = 4;

    /// <summary>Seconds that <see cref="RunAsync"/> takes on a machine that carries every level.</summary>
    public static double Seconds =>
        Warm.TotalSeconds + (Settle.TotalSeconds * (Pace.Levels.Length - 1)) + (Look.TotalSeconds * Pace.Levels.Length);

    /// <exception cref="Failure">Not even the lowest level is carried.</exception>
    public async Task<Pace> RunAsync(Uri target, CancellationToken stop)
    {
        await load.BeginAsync(target, Pace.Levels[0], stop);
        await Task.Delay(Warm, clock, stop);
        var best = await FirstAsync(stop) ?? throw new Failure(
            "this machine is too busy",
            string.Create(
                CultureInfo.InvariantCulture,
                $"more than {PrintedUnits.Percent(Pace.MostLate)} of answers came over "
                + $"{PrintedUnits.Span(LoadReport.LateBeyond)} late at {Pace.Levels[0]} requests/s"),
            "end some of its other work and try again");
        foreach (var level in Pace.Levels[1..])
        {
            await load.BeginAsync(target, level, stop);
            await Task.Delay(Settle, clock, stop);
            var share = await LateShareAsync(stop);
            view.Say($"{level} requests/s: {PrintedUnits.Percent(share)} of answers come late");
            if (share > Pace.MostLate) break;
            best = new Pace(level, share);
        }

        await load.PauseAsync(stop);
        return best;
    }

    private async Task<Pace?> FirstAsync(CancellationToken stop)
    {
        for (var look = 0; look < FirstLooks; look++)
        {
            var share = await LateShareAsync(stop);
            view.Say($"{Pace.Levels[0]} requests/s: {PrintedUnits.Percent(share)} of answers come late");
            if (share <= Pace.MostLate) return new Pace(Pace.Levels[0], share);
        }

        return null;
    }

    /// <summary>
    /// The share that is late among the requests due in the next seconds; one that is not sent or not answered is late too.
    /// </summary>
    private async Task<double> LateShareAsync(CancellationToken stop)
    {
        var before = await NewReportAsync(null, stop);
        var began = clock.GetTimestamp();
        var after = before;
        while (clock.GetElapsedTime(began) < Look) after = await NewReportAsync(after, stop);
        var (sent, shed) = (after.Sent - before.Sent, after.Shed - before.Shed);
        var unanswered = Math.Max(0, after.Open - before.Open - (sent / 10));
        return (double)(after.Late - before.Late + shed + unanswered) / Math.Max(1, after.Answers - before.Answers + shed);
    }

    private async Task<LoadReport> NewReportAsync(LoadReport? than, CancellationToken stop)
    {
        than ??= load.Latest;
        while (ReferenceEquals(load.Latest, than)) await Task.Delay(Poll, clock, stop);
        return load.Latest;
    }
}
