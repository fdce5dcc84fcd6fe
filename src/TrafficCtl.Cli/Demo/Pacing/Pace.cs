namespace TrafficCtl.Cli.Demo.Pacing;

/// <summary>What this machine carries beside its other work.</summary>
/// <param name="Rate">Requests per second, in all, that the demonstration sends.</param>
/// <param name="LateShare">Share of answers that were late at that rate, in [0, 1]; see <see cref="Load.LoadReport.LateBeyond"/>.</param>
internal sealed record Pace(int Rate, double LateShare)
{
    /// <summary>What a quiet machine of two cores carries with half of its time to spare.</summary>
    public const int Full = 1500;

    /// <summary>Tried one after the other. Below the first one a demonstration would take a quarter of an hour.</summary>
    public static readonly int[] Levels = [200, 400, 800, Full];

    /// <summary>The next lower level; null at the lowest.</summary>
    public Pace? Lower => Levels.LastOrDefault(l => l < Rate) is var level and > 0 ? new Pace(level, LateShare) : null;

    /// <summary>More late answers than this at a level: the machine does not carry it.</summary>
    public const double MostLate = 0.02;
}
