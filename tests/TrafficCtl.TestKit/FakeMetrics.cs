using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.TestKit;

/// <summary>How one arm answers.</summary>
/// <param name="ErrorRatio">0..1 of requests.</param>
/// <param name="Slowdown">Factor on every latency.</param>
public readonly record struct ArmScript(double ErrorRatio = 0, double Slowdown = 1);

/// <summary>Scripted traffic through a <see cref="FakeRouter"/>: exact shares, exact error ratios, one fixed shape of latency (median 20 ms).</summary>
public sealed class FakeMetrics(FakeRouter router, TimeProvider clock, PortCalls? calls = null) : IMetricSource
{
    private static readonly double[] Shape = [.. Enumerable.Range(0, 101).Select(i => 0.020 * Math.Exp(0.25 * NormalQuantile((i + 0.5) / 101)))];

    private readonly PortCalls calls = calls ?? new PortCalls();
    private readonly Dictionary<string, Cells> cells = new(StringComparer.Ordinal);
    private int lives = 1;

    public bool IsGone { get; set; }

    /// <summary>Copies of requests are counted on the candidate.</summary>
    public bool CountsCopies { get; set; } = true;

    /// <summary>Requests per second of each service.</summary>
    public double Rate { get; set; } = 1000;

    public ArmScript Stable { get; set; } = new(ErrorRatio: 0);

    public ArmScript Candidate { get; set; } = new(ErrorRatio: 0);

    /// <summary>The process that counted died: all counters begin anew.</summary>
    public void Restart()
    {
        lives++;
        cells.Clear();
    }

    /// <summary>Traffic of an interval, split as the router does now.</summary>
    public void Flow(string service, TimeSpan interval)
    {
        if (router.Find(service) is not { } route) return;
        var cell = CellsOf(service, route.RolloutId);
        var share = router.Effective(service).General.Fraction;
        cell.Due[0] += Rate * interval.TotalSeconds * (1 - share);
        var copied = CountsCopies ? router.Effective(service).Shadow.GetValueOrDefault().Fraction : 0;
        cell.Due[1] += Rate * interval.TotalSeconds * (share + copied);
        cell.Serve(Arm.Stable, Stable);
        cell.Serve(Arm.Candidate, Candidate);
    }

    public ValueTask<Reading?> ReadAsync(string service, CancellationToken stop)
    {
        try
        {
            return ValueTask.FromResult(calls.Make(() => Read(service), Gone));
        }
        catch (Exception fault)
        {
            return ValueTask.FromException<Reading?>(fault);
        }
    }

    private static IOException Gone() => new("the fake counters are gone");

    private Reading? Read(string service)
    {
        if (IsGone) throw Gone();
        if (router.Find(service) is not { } route) return null;
        var cell = CellsOf(service, route.RolloutId);
        return new Reading(
            service, route.RolloutId, $"life {lives}", clock.GetUtcNow(),
            [new ArmReading(Arm.Stable, null, cell.Counts[0]), new ArmReading(Arm.Candidate, null, cell.Counts[1])],
            cell.Users(0), cell.Users(1))
        {
            StableFlow = cell.Flow(0),
            CandidateFlow = cell.Flow(1),
        };
    }

    private Cells CellsOf(string service, string? rolloutId)
    {
        if (!cells.TryGetValue(service, out var held) || held.RolloutId != rolloutId) cells[service] = held = new Cells(rolloutId);
        return held;
    }

    /// <summary>Acklam's approximation, good to 1e-9 relative in the middle and enough in the tails.</summary>
    private static double NormalQuantile(double p)
    {
        if (p > 0.5) return -NormalQuantile(1 - p);
        var t = Math.Sqrt(-2 * Math.Log(p));
        return -(t - ((2.515517 + (0.802853 * t) + (0.010328 * t * t)) / (1 + (1.432788 * t) + (0.189269 * t * t) + (0.001308 * t * t * t))));
    }

    private sealed class Cells(string? rolloutId)
    {
        public string? RolloutId => rolloutId;

        public Counts[] Counts { get; } = [new(), new()];

        /// <summary>Requests not served yet: less than one after each call.</summary>
        public double[] Due { get; } = new double[2];

        private readonly double[] failuresDue = new double[2];
        private readonly int[] next = new int[2];

        public void Serve(Arm arm, ArmScript script)
        {
            var a = (int)arm;
            for (; Due[a] >= 1; Due[a]--)
            {
                failuresDue[a] += script.ErrorRatio;
                var fails = failuresDue[a] >= 1;
                if (fails) failuresDue[a]--;
                var counts = Counts[a];
                var seconds = Shape[next[a]++ * 37 % Shape.Length] * script.Slowdown;
                counts.ByOutcome[(int)(fails ? Outcome.ServerError : Outcome.Success)]++;
                counts.CappedFailures += fails ? 1 : 0;
                counts.Latency[LatencyBuckets.IndexOf(seconds)]++;
                counts.LatencySum += seconds;
                counts.Started++;
                counts.Ended++;
            }
        }

        public UserFlow Flow(int arm) => new(Counts[arm].Requests, 0);

        /// <summary>Every request is its own user.</summary>
        public UserCounts Users(int arm)
        {
            var failures = Counts[arm].Failures;
            return new UserCounts(Counts[arm].Requests, failures, failures, failures, 0, 0, false);
        }
    }
}
