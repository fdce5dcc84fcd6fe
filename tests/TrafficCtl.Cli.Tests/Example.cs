using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Tests;

/// <summary>A service in the middle of its third rollout, as the daemon tells of it.</summary>
internal static class Example
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static ServiceStatus Active() => new()
    {
        Service = "checkout",
        Environment = "default",
        LastGood = "v1",
        Listen = "http://127.0.0.1:8080",
        Versions = { "v1", "v2" },
        At = Now.ToTimestamp(),
        Rollout = new RolloutStatus
        {
            Id = "checkout-default-3",
            Stable = "v1",
            Candidate = "v2",
            Phase = "Observing",
            Step = 2,
            Steps = 5,
            Weight = 1000,
            EffectiveWeight = 1000,
            StartedAt = Now.AddMinutes(-5).ToTimestamp(),
            // The clock was set an hour ahead since: what is shown is the time that really passed.
            ChangedAt = Now.AddHours(-1).AddSeconds(-37).ToTimestamp(),
            InPhase = Duration.FromTimeSpan(TimeSpan.FromSeconds(37)),
            Reason = "holds at 10 %: latency p99 is not shown yet",
            WaitsFor = { "dwell: 23 s left", "evidence: latency p99: 2.1 of 3.0" },
            Forecast = Duration.FromTimeSpan(TimeSpan.FromSeconds(48)),
            Remaining = Duration.FromTimeSpan(TimeSpan.FromSeconds(23)),
            Plan = { 500, 1000, 2500, 5000, 9500, 10000 },
            Judgement = new Judgement
            {
                Verdict = "unsure",
                Evidence = Math.Log(3.2),
                Bound = Math.Log(100),
                Reason = "latency p99: 2.1 of 3.0",
                Findings =
                {
                    Finding("errors", "pass", 1.02, 0.8, 1.3, 3.4, "errors 0.10 % against 0.10 %"),
                    Finding("latency p99", "unsure", 1.01, null, null, 2.1, "p99 9.3 ms against 9.2 ms"),
                },
            },
        },
        Stable = new ArmStatus
        {
            Version = "v1",
            Endpoints = 2,
            Live = 2,
            RequestsPerSecond = 1350.4,
            ErrorRatio = 0.001,
            P50Seconds = 0.0051,
            P99Seconds = 0.0092,
            InFlight = 12,
            Requests = 250_000,
            Failures = 251,
        },
        Candidate = new ArmStatus
        {
            Version = "v2",
            Endpoints = 2,
            Live = 1,
            RequestsPerSecond = 150,
            ErrorRatio = 0.0012,
            P50Seconds = 0.00512,
            P99Seconds = 1.25,
            InFlight = 1,
            Requests = 9_500,
            Failures = 10,
        },
        Recent =
        {
            Fact(12, -37, "decided", "observe", "the router serves 10 %"),
            Fact(11, -38, "decided", "advance", "step 1 held for 60 s with 4,500 requests and passed every signal at the margin of 10 %"),
        },
    };

    /// <summary>Long names, every line there may be, and more facts and signals than a small terminal has rows.</summary>
    public static ServiceStatus Busy()
    {
        var status = Active();
        status.Service = "checkout-of-the-northern-region-with-a-long-name";
        status.Warnings.Add(
            "the reload of checkout.yaml was refused: line 3: unknown key \"wieghts\", did you mean \"weights\"? Nothing of the file is "
                + "in force");
        status.Notes.Add("the file still says stable: v0, which counts at the first start only; v1, the last good version, is in force");
        (status.Rollout.Stable, status.Rollout.Candidate) = ("2026.10.31-rc1.build.4711", "2026.11.30-rc2.build.4799");
        (status.Stable.Version, status.Candidate.Version) = (status.Rollout.Stable, status.Rollout.Candidate);
        status.Rollout.Reason = "the verdict is open; deadline in 1 h 59 min: 10 % for 2 min 5 s (at least 60 s); 9,500 requests (at "
            + "least 200); errors 0.12 % vs 0.1 %";
        status.Rollout.WaitsFor.Add(
            "alerts: 2 alerts fire: HighLatency (page) since 2026-01-01 11:50:00Z, QueueFull (ticket) since 2026-01-01 11:52:00Z");
        status.Rollout.Judgement.Findings.AddRange(
        [
            Finding("guard", "unsure", null, null, null, 0.2, "candidate errors"),
            Finding("latency p50 (historical)", "fail", 1.9, 1.5, 2.2, 4, "p50"),
            Finding("checkouts-per-minute-in-the-north", "unsure", 0.98, 0.9, 1.1, 1.2, "candidate"),
        ]);
        for (var i = 10; i > 6; i--)
            status.Recent.Add(Fact(
                i, -300 - (60 * (10 - i)), "decided", "observe",
                $"rollout checkout-default-3 (v1 → v2): step {i} is in force at generation {i} and has been confirmed by every proxy"));
        return status;
    }

    public static ServiceStatus Ended()
    {
        var status = Active();
        status.Service = "search";
        (status.Rollout, status.Candidate, status.FileStable) = (null, null, "v0");
        status.Recent.Clear();
        status.Warnings.Add("the reload of search.yaml was refused: line 3: unknown key");
        status.Notes.Add("the file still says stable: v0, which counts at the first start only; v1, the last good version, is in force");
        status.Previous = new RolloutStatus
        {
            Id = "search-default-1",
            Stable = "v1",
            Candidate = "v2",
            Phase = "RolledBack",
            Steps = 5,
            ChangedAt = Now.AddMinutes(-12).ToTimestamp(),
            Reason = "errors of v2 are worse: 5.1 % against 0.1 %",
        };
        return status;
    }

    /// <summary>The store cannot be read, and a person has aborted.</summary>
    public static ServiceStatus Unread()
    {
        var status = Active();
        status.Unknown = "The store's record of checkout@default cannot be read";
        status.Serving = new Serving
        {
            Stable = "v1",
            Candidate = "v2",
            Rollout = "checkout-default-3",
            Generation = 17,
            Weight = 3300,
            Withheld = "v2 gets 0 % by an abort that is not recorded yet (ana, 2026-01-01 11:59:50Z: on fire)",
        };
        status.Rollout = new RolloutStatus
        {
            Id = "checkout-default-3",
            Stable = "v1",
            Candidate = "v2",
            Phase = "Unknown",
            Weight = 3300,
            EffectiveWeight = 0,
            Reason = "what the store says cannot be read (The store's record of checkout@default cannot be read); the router gives v2 0 % "
                + "and v1 everything",
        };
        status.Recent.Clear();
        status.Warnings.Add(status.Serving.Withheld);
        return status;
    }

    /// <summary>The router serves a candidate of which the store says nothing.</summary>
    public static ServiceStatus Stray()
    {
        var status = Ended();
        status.Serving = new Serving
        {
            Stable = "v1",
            Candidate = "v2",
            Rollout = "search-default-1",
            Generation = 9,
            EffectiveWeight = 3300,
            Weight = 3300,
        };
        status.FileStable = "";
        status.Previous = null;
        status.Warnings.Clear();
        return status;
    }

    public static ListServicesResponse All() => new() { Services = { Active(), Ended() } };

    public static WhyResponse Why() => new()
    {
        Service = "checkout",
        Rollout = "checkout-default-3",
        Summary = "checkout-default-3 has been observing v2 at step 2 (10 %) since 2026-01-01 11:59:23Z: the router serves 10 %.",
        Facts = { Fact(11, -38, "decided", "advance", "step 1 held for 60 s"), Fact(
            12, -37, "decided", "observe", "the router serves 10 %") },
    };

    public static HistoryResponse History() => new()
    {
        Facts = { Fact(12, -37, "decided", "observe", "the router serves 10 %"), Fact(
            1, -600, "born", "born", "checkout serves v1", rollout: "") },
    };

    public static ListRolloutsResponse Rollouts() => new()
    {
        Rollouts =
        {
            Rollout(3, "active", "Observing", 1000, -5, null, "10 % is in force at generation 17"),
            Rollout(2, "rolled-back", "RolledBack", 2500, -65, -60, "errors worse than the tolerance: combined evidence 212 reached 100; "
                + "candidate errors 5.1 % of 1,000 against 0.1 % of 9,000"),
            Rollout(1, "good", "Good", 10_000, -3000, -2850, "v1 is good: watch at 100 % for 1 h (at least 1 h); 250,000 requests (at "
                + "least 200)"),
        },
    };

    private static RolloutSummary Rollout(
        int number, string outcome, string phase, int highest, int began, int? ended, string reason) => new()
        {
            Id = $"checkout-default-{number}",
            Service = "checkout",
            Environment = "default",
            Stable = number == 1 ? "v0" : "v1",
            Candidate = number == 1 ? "v1" : "v2",
            Outcome = outcome,
            Phase = phase,
            StartedAt = Now.AddMinutes(began).ToTimestamp(),
            EndedAt = ended is { } minutes ? Now.AddMinutes(minutes).ToTimestamp() : null,
            HighestWeight = highest,
            Reason = reason,
        };

    public static Fact Fact(long seq, int seconds, string kind, string what, string text, string rollout = "checkout-default-3") => new()
    {
        Seq = seq,
        At = Now.AddSeconds(seconds).ToTimestamp(),
        Service = "checkout",
        Environment = "default",
        Rollout = rollout,
        Kind = kind,
        What = what,
        Text = text,
        Data = new FactData { Generation = seq, More = { ["startedAt"] = "2026-01-01T11:55:00.0000000Z" } },
    };

    private static Finding Finding(string signal, string verdict, double? estimate, double? low, double? high, double evidence, string text)
    {
        var finding = new Finding
        {
            Signal = signal,
            Verdict = verdict,
            Evidence = evidence,
            Bound = 3,
            Text = text,
            Stable = new Sample { Events = 251, Requests = 250_000 },
            Candidate = new Sample { Events = 10, Requests = 9_500 },
        };
        if (estimate is { } ratio) finding.Estimate = ratio;
        if (low is { } from) finding.Low = from;
        if (high is { } to) finding.High = to;
        return finding;
    }
}
