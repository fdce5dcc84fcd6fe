using System.Globalization;

namespace TrafficCtl.Cli.Demo.Upstreams;

/// <summary>
/// How one upstream answers: lognormal latency, and what is wrong with it. A pure function of the seed, the request's number and the time.
/// </summary>
/// <param name="Errors">Share of answers that are errors.</param>
/// <param name="Slow">Factor on latency.</param>
internal sealed record UpstreamFaults(ulong Seed, double MedianMilliseconds, double Sigma, double Errors = 0, double Slow = 1)
{
    public const double IncidentErrors = 0.08;
    public const double IncidentSlow = 1.5;

    /// <summary>Beyond this a leaking answer counts as bad: the product's own tolerance of latency.</summary>
    public const double Tolerated = 1.10;

    /// <summary>The answer to one request.</summary>
    /// <param name="IsBad">A user got the fault: an error, or a slowness beyond the tolerance.</param>
    public readonly record struct Answer(TimeSpan Delay, bool IsError, bool IsBad);

    /// <summary>A leak grows by <paramref name="PerSecond"/> from its beginning.</summary>
    public readonly record struct Leak(DateTimeOffset Since, double PerSecond);

    public Answer Draw(long number, DateTimeOffset now, Leak? leak = null, DateTimeOffset? incidentUntil = null)
    {
        var incident = now < incidentUntil;
        var factor = Slow * (leak is { } l ? 1 + (l.PerSecond * Math.Max(0, (now - l.Since).TotalSeconds)) : 1);
        var isError = Uniform(number, 0) < Errors + (incident ? IncidentErrors : 0);
        var milliseconds = MedianMilliseconds * Math.Exp(Sigma * Normal(number)) * factor * (incident ? IncidentSlow : 1);

        // Timers fire at whole milliseconds: a random rounding keeps the mean.
        var whole = Math.Floor(milliseconds + Uniform(number, 3));
        return new Answer(TimeSpan.FromMilliseconds(whole), isError, isError || factor > Tolerated);
    }

    public string[] ToArguments() =>
    [
        Seed.ToString(CultureInfo.InvariantCulture), Text(MedianMilliseconds), Text(Sigma), Text(Errors), Text(Slow),
    ];

    public static UpstreamFaults FromArguments(ReadOnlySpan<string> arguments) => new(
        ulong.Parse(arguments[0], CultureInfo.InvariantCulture), Number(arguments[1]), Number(arguments[2]), Number(arguments[3]),
        Number(arguments[4]));

    private double Normal(long number) =>
        Math.Sqrt(-2 * Math.Log(1 - Uniform(number, 1))) * Math.Cos(2 * Math.PI * Uniform(number, 2));

    /// <summary>SplitMix64 of seed, request and draw, in [0, 1).</summary>
    private double Uniform(long number, ulong draw)
    {
        var z = Seed + (((ulong)number * 4) + draw + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
