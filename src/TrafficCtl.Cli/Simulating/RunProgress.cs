using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Simulating;

/// <summary>
/// How far it is, on stderr, from the first second on: one line that is drawn over in a terminal, else a line each tenth of the way.
/// </summary>
internal sealed class RunProgress(long runs, Surroundings surroundings) : IDisposable
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(250), Patience = TimeSpan.FromSeconds(1);

    private readonly Lock one = new();
    private readonly long start = surroundings.Clock.GetTimestamp();
    private long drawn;
    private long tenths;
    private bool isDrawn;

    /// <summary>From any thread.</summary>
    public void Report(long done)
    {
        lock (one)
        {
            var now = surroundings.Clock.GetTimestamp();
            if (surroundings.Clock.GetElapsedTime(start, now) < Patience) return;
            if (surroundings.IsTerminal)
            {
                if (isDrawn && surroundings.Clock.GetElapsedTime(drawn, now) < Often) return;
                (isDrawn, drawn) = (true, now);
                surroundings.TerminalError.Write($"\r{LineOf(done, now)}\u001b[K");
                return;
            }

            if (done * 10 / runs <= tenths) return;
            tenths = done * 10 / runs;
            surroundings.Error.WriteLine(LineOf(done, now));
        }
    }

    /// <summary>Leaves the terminal as it was, also when it was interrupted.</summary>
    public void Dispose()
    {
        lock (one)
        {
            if (isDrawn) surroundings.TerminalError.Write("\r\u001b[K");
            isDrawn = false;
        }
    }

    private string LineOf(long done, long now)
    {
        var elapsed = surroundings.Clock.GetElapsedTime(start, now);
        var left = done > 0 ? elapsed * ((runs - done) / (double)done) : TimeSpan.Zero;
        return $"{done * 100 / runs,3} %  {PrintedUnits.Count(done)} of {PrintedUnits.Count(runs)} runs in "
            + $"{PrintedUnits.Elapsed(elapsed)}, {PrintedUnits.About(left)} to go";
    }
}
