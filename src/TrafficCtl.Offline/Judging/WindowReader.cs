using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Offline.Judging;

/// <summary>One line to one window, or why it is none. What a line means does not depend on how it is spelt.</summary>
internal sealed class WindowReader(Analysis analysis)
{
    /// <summary>More requests than any window can hold.</summary>
    public const long MostRequests = 1_000_000_000;

    private const double MostSeconds = 1e15, MostDt = 1e6;
    private const long MostSteps = 1_000_000;

    private readonly FileLatencyReader latency = new();
    private readonly FileSizeReader sizes = new();

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
        8 => from.TakesNull() || latency.Read(ref from, Window),
        9 => from.TakesNull() || FileUserReader.Read(ref from, Window),
        10 => from.TakesNull() || ReadMetrics(ref from),
        11 => from.TakesNull() || FilePlaceboReader.Read(ref from, Window),
        12 => from.TakesNull() || ReadLate(ref from),
        13 => from.TakesNull() || ReadRawErrors(ref from),
        14 => from.TakesNull() || ReadTopUserRequests(ref from),
        15 => from.TakesNull() || ReadTopUserErrors(ref from),
        16 => from.TakesNull() || FileClientErrorReader.Read(ref from, Window),
        17 => from.TakesNull() || ReadRawClientErrors(ref from),
        18 => from.TakesNull() || sizes.Read(ref from, Window),
        19 => from.TakesNull() || FileAbortReader.Read(ref from, Window),
        20 => from.TakesNull() || FileRouteReader.Read(ref from, Window),
        21 => from.TakesNull() || ReadTopClientRequests(ref from),
        _ => from.TakesNull() || ReadTopClientErrors(ref from),
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
        Window.TopUser = Window.TopUser with { Requests = requests };
        return true;
    }

    private bool ReadTopUserErrors(ref JsonCursor from)
    {
        if (!from.Count("topUserErrors"u8, MostRequests, out var errors)) return false;
        Window.TopUser = Window.TopUser with { Errors = errors };
        return true;
    }

    private bool ReadTopClientRequests(ref JsonCursor from)
    {
        if (!from.Count("topClientRequests"u8, MostRequests, out var requests)) return false;
        Window.TopClient = Window.TopClient with { Requests = requests };
        return true;
    }

    private bool ReadTopClientErrors(ref JsonCursor from)
    {
        if (!from.Count("topClientErrors"u8, MostRequests, out var errors)) return false;
        Window.TopClient = Window.TopClient with { Errors = errors };
        return true;
    }

    private bool ReadRawClientErrors(ref JsonCursor from)
    {
        if (!from.Count("rawClientErrors"u8, MostRequests, out var errors)) return false;
        Window.RawClientErrors = errors;
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
}
