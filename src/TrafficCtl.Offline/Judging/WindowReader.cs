using System.Buffers.Text;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Offline.Judging;

/// <summary>One line to one window, or why it is none. What a line means does not depend on how it is spelt.</summary>
internal sealed class WindowReader(Analysis analysis)
{
    /// <summary>More requests than any window can hold.</summary>
    public const long MostRequests = 1_000_000_000;

    private const double MostSeconds = 1e15, MostDt = 1e6;
    private const long MostSteps = 1_000_000;
    private const int ErrorsAUser = 3;

    private const long MostBytes = 1L << 50;

    private readonly LayoutCache layouts = new();
    private readonly Buckets counts = new();
    private readonly List<double> bounds = [];

    /// <summary>The window of the last line that was read without a problem.</summary>
    public FileWindow Window { get; } = new(analysis.Metrics.Length);

    /// <summary>Which metrics of the analysis the file has.</summary>
    public MetricNames Metrics { get; } = new(analysis.Metrics);

    /// <returns>Null, or what is wrong with the line and what to do.</returns>
    public string? Read(ReadOnlySpan<byte> line)
    {
        Window.Clear();
        var from = new JsonCursor(line);
        return ReadLine(ref from) ? null : from.Problem;
    }

    private bool ReadLine(ref JsonCursor from)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Window.Read(ref from, ref key, ref given) || !ReadMember(ref from, key)) return false;
            }
            while (from.Next('}'));
        }

        return from.Problem is null && from.End() && (WindowRules.Broken(Window, given) is not { } broken || from.Fail(broken));
    }

    private bool ReadMember(ref JsonCursor from, int key) => key switch
    {
        0 => from.TakesNull() || ReadTrace(ref from),
        1 => ReadT(ref from),
        2 => from.TakesNull() || ReadDt(ref from),
        3 => from.TakesNull() || ReadStep(ref from),
        4 => from.TakesNull() || ReadWeight(ref from),
        5 => ReadArm(ref from),
        6 => ReadRequests(ref from),
        7 => ReadErrors(ref from),
        8 => from.TakesNull() || ReadLatency(ref from),
        9 => from.TakesNull() || ReadUsers(ref from),
        10 => from.TakesNull() || ReadMetrics(ref from),
        11 => from.TakesNull() || ReadPlacebos(ref from),
        12 => from.TakesNull() || ReadLate(ref from),
        13 => from.TakesNull() || ReadRawErrors(ref from),
        14 => from.TakesNull() || ReadTopUserRequests(ref from),
        15 => from.TakesNull() || ReadTopUserErrors(ref from),
        16 => from.TakesNull() || ReadClientErrors(ref from),
        17 => from.TakesNull() || ReadRawClientErrors(ref from),
        18 => from.TakesNull() || ReadBytes(ref from),
        19 => from.TakesNull() || ReadAborted(ref from),
        _ => from.TakesNull() || FileRouteReader.Read(ref from, Window),
    };

    private bool ReadTrace(ref JsonCursor from)
    {
        if (!from.Text("trace"u8, out var id)) return false;
        Window.SetTrace(id);
        return true;
    }

    private bool ReadT(ref JsonCursor from)
    {
        if (!from.Number("t"u8, out var t)) return false;
        Window.T = t;
        return Math.Abs(t) <= MostSeconds || from.Fail("t is too far from 0, write seconds");
    }

    private bool ReadDt(ref JsonCursor from)
    {
        if (!from.Number("dt"u8, out var dt)) return false;
        Window.Dt = dt;
        return dt is >= Traces.LeastSeconds and <= MostDt
            || from.Fail("dt is outside 0.001 to 1000000, write the window's length in seconds");
    }

    private bool ReadStep(ref JsonCursor from)
    {
        if (!from.Count("step"u8, MostSteps, out var step)) return false;
        Window.Step = step;
        return true;
    }

    private bool ReadWeight(ref JsonCursor from)
    {
        if (!from.Count("weight"u8, Weights.Total, out var weight)) return false;
        Window.Weight = (int)weight;
        return true;
    }

    private bool ReadArm(ref JsonCursor from)
    {
        if (!from.Text("arm"u8, out var arm)) return false;
        if (arm.SequenceEqual("candidate"u8)) Window.Arm = Arm.Candidate;
        else if (arm.SequenceEqual("stable"u8)) Window.Arm = Arm.Stable;
        else return UnknownArm(ref from, JsonCursor.Words(arm));
        return true;
    }

    private static bool UnknownArm(ref JsonCursor from, string arm)
    {
        var hint = Suggest.DidYouMean(arm, ["stable", "candidate"]) ?? "write stable or candidate";
        return from.Fail($"there is no arm \"{(arm.Length <= 40 ? arm : arm[..40])}\", {hint}");
    }

    private bool ReadRequests(ref JsonCursor from)
    {
        if (!from.Count("requests"u8, MostRequests, out var requests)) return false;
        Window.Requests = requests;
        return true;
    }

    private bool ReadErrors(ref JsonCursor from)
    {
        if (!from.Count("errors"u8, MostRequests, out var errors)) return false;
        Window.Errors = errors;
        return true;
    }

    private bool ReadLate(ref JsonCursor from)
    {
        if (!from.Count("late"u8, MostRequests, out var late)) return false;
        Window.Late = late;
        return true;
    }

    private bool ReadRawErrors(ref JsonCursor from)
    {
        if (!from.Count("rawErrors"u8, MostRequests, out var errors)) return false;
        Window.RawErrors = errors;
        return true;
    }

    private bool ReadTopUserRequests(ref JsonCursor from)
    {
        if (!from.Count("topUserRequests"u8, MostRequests, out var requests)) return false;
        Window.TopUserRequests = requests;
        return true;
    }

    private bool ReadTopUserErrors(ref JsonCursor from)
    {
        if (!from.Count("topUserErrors"u8, MostRequests, out var errors)) return false;
        Window.TopUserErrors = errors;
        return true;
    }

    private bool ReadRawClientErrors(ref JsonCursor from)
    {
        if (!from.Count("rawClientErrors"u8, MostRequests, out var errors)) return false;
        Window.RawClientErrors = errors;
        return true;
    }

    /// <summary>A number, or one for each status.</summary>
    private bool ReadClientErrors(ref JsonCursor from)
    {
        if (!from.Takes('{'))
        {
            if (!from.Count("clientErrors"u8, MostRequests, out var errors)) return false;
            Window.ClientErrors = errors;
            return true;
        }

        Window.ClientErrors = 0;
        if (from.Takes('}')) return true;
        do
        {
            if (!from.Text(default, out var name)) return false;
            if (!Utf8Parser.TryParse(name, out int status, out var used) || used != name.Length || status is < 400 or > 499)
                return from.Fail(
                    $"clientErrors has \"{JsonCursor.Words(name[..Math.Min(40, name.Length)])}\", write statuses from 400 to 499");
            if (!from.Needs(':') || !from.Count("clientErrors"u8, MostRequests, out var count)) return false;
            Window.Statuses[ClientStatuses.IndexOf(status)] += count;
            Window.ClientErrors += count;
        }
        while (from.Next('}'));
        return from.Problem is null;
    }

    /// <summary>The median of the window's bodies, which counts as one of them; or a histogram of all.</summary>
    private bool ReadBytes(ref JsonCursor from)
    {
        if (!from.Takes('{'))
        {
            if (!from.Count("bytes"u8, MostBytes, out var median)) return false;
            Window.Sizes[SizeBuckets.IndexOf(median)] = 1;
            return true;
        }

        var (key, given) = (-1, 0);
        bounds.Clear();
        counts.Clear();
        do
        {
            if (!KeySet.Bytes.Read(ref from, ref key, ref given)) return false;
            if (!(key == 0 ? ReadBounds(ref from) : ReadCounts(ref from, counts, "bytes.counts"u8))) return false;
        }
        while (from.Next('}'));
        if (from.Problem is not null) return false;
        if (given != 3) return from.Fail($"bytes.{((given & 1) == 0 ? "bounds" : "counts")} is missing, add it");
        if (counts.Length != bounds.Count + 1)
        {
            return from.Fail(
                $"bytes.counts has {counts.Length} for {bounds.Count} bounds, write {bounds.Count + 1}: one for each bound and one for "
                    + "what is above all");
        }

        for (var i = 0; i < counts.Length; i++)
        {
            // What lies above all bounds is taken as half as much again as the last one.
            var bytes = i < bounds.Count ? bounds[i] : bounds[^1] * 1.5;
            Window.Sizes[SizeBuckets.IndexOf((long)Math.Min(bytes, MostBytes))] += counts.Counts[i];
        }

        return true;
    }

    private bool ReadBounds(ref JsonCursor from)
    {
        if (!from.Needs('[')) return false;
        do
        {
            if (bounds.Count == LatencyLayout.MostEdges)
                return from.Fail($"bytes.bounds has more than {LatencyLayout.MostEdges}, write fewer");
            if (!from.Number("bytes.bounds"u8, out var bound)) return false;
            if (bound < 0 || (bounds.Count > 0 && bound <= bounds[^1]))
                return from.Fail("bytes.bounds do not rise from 0, write upper edges in bytes");
            bounds.Add(bound);
        }
        while (from.Next(']'));
        return from.Problem is null;
    }

    /// <summary>One count with its time, or a list of them.</summary>
    private bool ReadAborted(ref JsonCursor from)
    {
        if (!from.Takes('[')) return ReadAbortedAfter(ref from);
        if (from.Takes(']')) return true;
        do
        {
            if (Window.Aborted.Count == LatencyLayout.MostEdges)
                return from.Fail($"aborted has more than {LatencyLayout.MostEdges} times, join some");
            if (!ReadAbortedAfter(ref from)) return false;
        }
        while (from.Next(']'));
        return from.Problem is null;
    }

    private bool ReadAbortedAfter(ref JsonCursor from)
    {
        if (!from.Takes('{'))
            return from.Fail($"aborted is {from.Found()}, write {{\"count\": requests, \"after\": seconds}} or a list of them");
        var (key, given) = (-1, 0);
        var (count, after) = (0L, 0.0);
        do
        {
            if (!KeySet.Aborted.Read(ref from, ref key, ref given)) return false;
            if (!(key == 0 ? from.Count("aborted.count"u8, MostRequests, out count) : from.Number("aborted.after"u8, out after)))
                return false;
        }
        while (from.Next('}'));
        if (from.Problem is not null) return false;
        if (given != 3) return from.Fail($"aborted.{((given & 1) == 0 ? "count" : "after")} is missing, add it");
        if (after < 0) return from.Fail("aborted.after is negative, write the seconds from dispatch until the client left");
        Window.Aborted.Add((count, after));
        return true;
    }

    private bool ReadLatency(ref JsonCursor from)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        var layout = LatencyLayout.Proxy;
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Latency.Read(ref from, ref key, ref given)) return false;
                var isRead = key switch
                {
                    0 => layouts.Read(ref from, out layout),
                    1 => ReadCounts(ref from, Window.Latency, "latency.counts"u8),
                    _ => from.TakesNull() || ReadCounts(ref from, Window.Abandoned, "latency.abandoned"u8),
                };
                if (!isRead) return false;
            }
            while (from.Next('}'));
        }

        if (from.Problem is not null) return false;
        if ((given & 3) != 3) return from.Fail($"latency.{((given & 1) == 0 ? "bounds" : "counts")} is missing, add it");
        Window.Layout = layout;
        return IsWhole(ref from, Window.Latency, "counts", layout)
            && (Window.Abandoned.Length == 0 || IsWhole(ref from, Window.Abandoned, "abandoned", layout));
    }

    private static bool IsWhole(ref JsonCursor from, Buckets buckets, string key, LatencyLayout layout) =>
        buckets.Length == layout.Count
        || from.Fail(
            $"latency.{key} has {buckets.Length} for {layout.Overflow} bounds, write {layout.Count}: one for each bound and one for what "
                + "is above all");

    internal static bool ReadCounts(ref JsonCursor from, Buckets to, ReadOnlySpan<byte> key)
    {
        if (!from.Needs('[')) return false;
        to.Clear();
        if (from.Takes(']')) return true;
        long sum = 0;
        var (room, length) = (to.Room, 0);
        do
        {
            if (length == room.Length) return from.Fail($"{JsonCursor.Words(key)} has more than {room.Length}, write fewer buckets");
            if (!from.Count(key, MostRequests, out var count)) return false;
            room[length++] = count;
            sum += count;
        }
        while (from.Next(']'));
        (to.Length, to.Sum) = (length, sum);
        return from.Problem is null
            && (sum <= MostRequests || from.Fail($"{JsonCursor.Words(key)} sum to {sum}, no window has more than {MostRequests} requests"));
    }

    private bool ReadUsers(ref JsonCursor from)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        Span<long> values = stackalloc long[8];
        values.Clear();
        var isFull = false;
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Users.Read(ref from, ref key, ref given)) return false;
                if (key == 5)
                {
                    if (!from.Flag("users.full"u8, out isFull)) return false;
                }
                else if (!from.Count(
                    KeySet.Users.NameOf(key), key == 7 ? MostRequests * MostRequests : ErrorsAUser * ErrorsAUser * MostRequests,
                    out values[key]))
                {
                    return false;
                }
            }
            while (from.Next('}'));
        }

        if (from.Problem is not null) return false;
        var (sessions, broken, errors, squares, failing) = (values[0], values[1], values[2], values[3], values[4]);
        if (squares < errors || squares > errors * ErrorsAUser || errors > failing * ErrorsAUser || errors < failing)
            return from.Fail(
                $"users cannot have errors {errors}, squares {squares} and failing {failing} together, sum each user's errors up to "
                    + $"{ErrorsAUser}, and their squares");
        var (active, requestSquares) = (values[6], values[7]);
        if ((active > 0) != (requestSquares > 0) || requestSquares < active)
            return from.Fail(
                $"users cannot have active {active} and requestSquares {requestSquares} together, sum the squares of each active user's "
                    + "requests");
        Window.Flow = new UserFlow(sessions, broken, active, requestSquares);
        var users = Math.Max(sessions, failing);
        Window.Users = new UserCounts(users, errors, squares, failing, broken, users, isFull);
        return true;
    }

    private bool ReadMetrics(ref JsonCursor from)
    {
        if (!from.Needs('{')) return false;
        if (from.Takes('}')) return true;
        var given = 0;
        do
        {
            if (!from.Text(default, out var name)) return false;
            var metric = Metrics.Find(name);
            if (metric >= 0 && (given & (1 << metric)) != 0)
                return from.Fail($"metrics.{JsonCursor.Words(name)} is given twice, remove one");
            if (!from.Needs(':')) return false;
            if (!from.TakesNull())
            {
                if (!from.Number("a metric"u8, out var mean)) return false;
                if (metric >= 0) Window.Metrics[metric] = mean;
            }

            if (metric >= 0) given |= 1 << metric;
        }
        while (from.Next('}'));
        return from.Problem is null;
    }

    private bool ReadPlacebos(ref JsonCursor from)
    {
        if (!from.Takes('[')) return ReadPlacebo(ref from);
        if (from.Takes(']')) return true;
        do
        {
            if (Window.PlaceboCount == Window.Placebos.Length)
                return from.Fail($"placebo has more than {Window.Placebos.Length} groups, leave the others out");
            if (!ReadPlacebo(ref from)) return false;
        }
        while (from.Next(']'));
        return from.Problem is null;
    }

    private bool ReadPlacebo(ref JsonCursor from)
    {
        var placebo = Window.Placebos[Window.PlaceboCount++];
        placebo.Latency.Clear();
        placebo.Abandoned.Clear();
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        var (requests, errors, late) = (0L, 0L, 0L);
        if (!from.Takes('}'))
        {
            do
            {
                if (!KeySet.Placebo.Read(ref from, ref key, ref given)) return false;
                var isRead = key switch
                {
                    0 => from.Count("placebo.requests"u8, MostRequests, out requests),
                    1 => from.Count("placebo.errors"u8, MostRequests, out errors),
                    2 => from.TakesNull() || ReadPlaceboLatency(ref from, placebo),
                    _ => from.TakesNull() || from.Count("placebo.late"u8, MostRequests, out late),
                };
                if (!isRead) return false;
            }
            while (from.Next('}'));
        }

        (placebo.Requests, placebo.Errors, placebo.Late) = (requests, errors, late);
        return from.Problem is null
            && ((given & 3) == 3 || from.Fail($"placebo.{((given & 1) == 0 ? "requests" : "errors")} is missing, add it"));
    }

    private static bool ReadPlaceboLatency(ref JsonCursor from, Placebo to)
    {
        if (!from.Needs('{')) return false;
        var (key, given) = (-1, 0);
        do
        {
            if (!KeySet.PlaceboLatency.Read(ref from, ref key, ref given)) return false;
            var isRead = key == 0
                ? ReadCounts(ref from, to.Latency, "placebo latency.counts"u8)
                : from.TakesNull() || ReadCounts(ref from, to.Abandoned, "placebo latency.abandoned"u8);
            if (!isRead) return false;
        }
        while (from.Next('}'));
        return from.Problem is null && ((given & 1) == 1 || from.Fail("placebo latency.counts is missing, add it"));
    }
}
