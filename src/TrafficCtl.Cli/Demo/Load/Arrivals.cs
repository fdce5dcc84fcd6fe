namespace TrafficCtl.Cli.Demo.Load;

/// <summary>A fixed-rate schedule: request i is due at i/rate, whatever became of those before it.</summary>
internal readonly record struct Arrivals(double PerSecond)
{
    /// <summary>How many requests are due since the start.</summary>
    public long DueAt(TimeSpan elapsed) => elapsed < TimeSpan.Zero ? 0 : (long)Math.Floor((elapsed.TotalSeconds * PerSecond) + 1e-9) + 1;

    /// <summary>The user of request <paramref name="number"/>: spread evenly and without a pattern in time.</summary>
    public static int UserOf(long number, int users)
    {
        var z = (ulong)number * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93;
        return (int)((z ^ (z >> 32)) % (ulong)users);
    }
}
