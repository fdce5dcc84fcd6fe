using System.Runtime.InteropServices;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>One line of a window file: what one arm did over one interval. Reused for every line.</summary>
internal sealed class FileWindow(int metrics)
{
    /// <summary>Unescaped UTF-8, valid until the next line is read.</summary>
    public ReadOnlySpan<byte> Trace => trace.AsSpan(0, traceLength);

    public bool HasTrace { get; private set; }

    /// <summary>The end of the window, in seconds.</summary>
    public double T { get; set; }

    /// <summary>Seconds; NaN when not given.</summary>
    public double Dt { get; set; }

    /// <summary>−1 when not given.</summary>
    public long Step { get; set; }

    /// <summary>The candidate's share in basis points; −1 when not given.</summary>
    public int Weight { get; set; }

    public Arm Arm { get; set; }

    public long Requests { get; set; }

    public long Errors { get; set; }

    /// <summary>All failures, where <see cref="Errors"/> has three at most of a user; −1 when not given.</summary>
    public long RawErrors { get; set; }

    /// <summary>The candidate's user with most failures; on stable, the same user.</summary>
    public TopWindow TopUser { get; set; }

    /// <summary>The candidate's user with most client errors; on stable, the same user.</summary>
    public TopWindow TopClient { get; set; }

    /// <summary>Requests with an answer 4xx, where users are known at most three a user; −1 when not given.</summary>
    public long ClientErrors { get; set; }

    /// <summary>All of them, where <see cref="ClientErrors"/> has three at most of a user; −1 when not given.</summary>
    public long RawClientErrors { get; set; }

    /// <summary>Client errors per slot of <see cref="ClientStatuses"/>, where they are told by status.</summary>
    public long[] Statuses { get; } = new long[ClientStatuses.Count];

    /// <summary>Response bodies per bucket of <see cref="SizeBuckets"/>; all zero when not given.</summary>
    public long[] Sizes { get; } = new long[SizeBuckets.Count];

    /// <summary>Requests that were abandoned before an answer began, and after how many seconds.</summary>
    public List<(long Count, double After)> Aborted { get; } = [];

    /// <summary>Null when the line has no latency.</summary>
    public LatencyLayout? Layout { get; set; }

    public Buckets Latency { get; } = new();

    /// <summary>
    /// Requests that were abandoned before an answer began, in the buckets of <see cref="Latency"/>; empty when not given.
    /// </summary>
    public Buckets Abandoned { get; } = new();

    /// <summary>Requests that were abandoned later than stable usually answers.</summary>
    public long Late { get; set; }

    public UserCounts Users { get; set; }

    public UserFlow Flow { get; set; }

    /// <summary>One for each metric of the analysis; NaN when not given.</summary>
    public double[] Metrics { get; } = new double[metrics];

    /// <summary>Routes of a line at most: the groups, and the rest.</summary>
    public const int MostRoutes = PathGroups.Most + 1;

    private readonly List<FileRoute> routes = [];

    /// <summary>Routes of the line; 0 when not given.</summary>
    public int RouteCount { get; private set; }

    public ReadOnlySpan<FileRoute> Routes => CollectionsMarshal.AsSpan(routes)[..RouteCount];

    public int PlaceboCount { get; set; }

    public Placebo[] Placebos { get; } = [.. Enumerable.Range(0, Tick.MostPlacebos).Select(_ => new Placebo())];

    private byte[] trace = [];
    private int traceLength;

    public void Clear()
    {
        (HasTrace, traceLength) = (false, 0);
        (T, Dt, Step, Weight, Arm) = (double.NaN, double.NaN, -1, -1, Arm.Stable);
        (Requests, Errors, Late, Layout, Users, Flow, PlaceboCount) = (0, 0, 0, null, default, default, 0);
        (RawErrors, TopUser, TopClient) = (-1, TopWindow.None, TopWindow.None);
        (ClientErrors, RawClientErrors) = (-1, -1);
        Array.Clear(Statuses);
        Array.Clear(Sizes);
        Aborted.Clear();
        RouteCount = 0;
        Abandoned.Clear();
        Metrics.AsSpan().Fill(double.NaN);
    }

    /// <summary>One more route of the line, without latency yet.</summary>
    public FileRoute NextRoute()
    {
        if (RouteCount == routes.Count) routes.Add(new FileRoute());
        var next = routes[RouteCount++];
        next.Latency.Clear();
        return next;
    }

    public void SetTrace(ReadOnlySpan<byte> id)
    {
        if (trace.Length < id.Length) trace = new byte[id.Length];
        id.CopyTo(trace);
        (traceLength, HasTrace) = (id.Length, true);
    }
}

/// <summary>What one user did in a window.</summary>
/// <param name="Requests">−1 when not given.</param>
/// <param name="Errors">Failures or client errors of them; −1 when not given.</param>
internal readonly record struct TopWindow(long Requests, long Errors)
{
    public static readonly TopWindow None = new(-1, -1);
}

/// <summary>Counts of a histogram whose layout may not be known yet.</summary>
internal sealed class Buckets
{
    private readonly long[] counts = new long[LatencyLayout.MostEdges + 1];

    public int Length { get; set; }

    /// <summary>The sum of all counts.</summary>
    public long Sum { get; set; }

    public long[] Room => counts;

    public ReadOnlySpan<long> Counts => counts.AsSpan(0, Length);

    public void Clear() => (Length, Sum) = (0, 0);
}

/// <summary>The part of stable's requests that one placebo group answered.</summary>
internal sealed class Placebo
{
    public long Requests { get; set; }

    public long Errors { get; set; }

    public long Late { get; set; }

    /// <summary>Empty when its latency was not measured.</summary>
    public Buckets Latency { get; } = new();

    public Buckets Abandoned { get; } = new();
}
