using System.Text.Json;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>
/// Client errors, their guard and response sizes of the whole judge against the reference engine on 200 random traces, to 1e-9:
/// <c>tests/reference/clients.py</c>, which draws the same ticks.
/// </summary>
public class ClientReferenceTests
{
    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    private static readonly Known Recorded = JsonSerializer.Deserialize<Known>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Reference", "clients.json")), Names)!;

    [Fact]
    public void Two_hundred_traces_agree()
    {
        Assert.Equal(200, Recorded.Traces.Length);
        for (var number = 0; number < Recorded.Traces.Length; number++) Compare(number, Recorded.Traces[number]);
    }

    private static void Compare(int number, double[][] looks)
    {
        var trace = new Trace(Recorded.Seed, number);
        var judge = new Judge(Analysis.Default, new Baseline());
        var look = 0;
        for (var k = 0; k < Recorded.Ticks; k++)
        {
            judge.Observe(trace.Next(k));
            if (look == looks.Length || looks[look][0] != k) continue;
            var (row, found) = (looks[look++], judge.Evidence.Signals.ToDictionary(s => s.Name, s => s.HarmLogE, StringComparer.Ordinal));
            var where = $"trace {number}, tick {k}";
            EngineReference.Agree(row[1], found["client errors"], $"{where}, client errors");
            EngineReference.Agree(row[2], found["client guard"], $"{where}, client guard");
            EngineReference.Agree(row[3], found["response size"], $"{where}, response size");
        }

        Assert.Equal(looks.Length, look);
    }

    private sealed record Known(int Seed, int Ticks, double[][][] Traces);

    private sealed class Trace
    {
        private readonly bool isClumped;
        private readonly Counts stable = new(), candidate = new();
        private readonly int requests, rate, worse, middle, shift;
        private ulong state;

        public Trace(int seed, int number)
        {
            (state, isClumped) = (((ulong)seed * 1000003) + (ulong)number, number % 2 == 1);
            (requests, rate) = (Below(400) + 20, Below(120));
            (middle, shift) = (Below(40) + 8, Below(9) - 4);
            worse = Below(400);
        }

        public Tick Next(int k)
        {
            var clump = isClumped ? 1 + Below(3) : 1;
            Fill(stable, rate, middle);
            Fill(candidate, worse, middle + shift);
            var users = default(UserCounts) with { ClientErrors = 1, SquaredClientErrors = clump };
            return new Tick(5, stable, candidate, Weights.OfCandidate(k < 25 ? 1000 : 5000), users, default);
        }

        private void Fill(Counts counts, int perMille, int about)
        {
            counts.Clear();
            counts.TellsClientErrors = true;
            var n = Below(40) == 0 ? 0 : Below(requests) + 1;
            var events = 0;
            for (var i = Math.Min(n, 200); i > 0; i--)
                if (Below(1000) < perMille) events++;
            counts.ByOutcome[(int)Outcome.Success] = n - events;
            counts.ByOutcome[(int)Outcome.ClientError] = counts.CappedClientErrors = events;
            for (var left = Below(60); left > 0; left--) counts.Measure()[Math.Clamp(about + Below(7) - 3, 0, SizeBuckets.Overflow)]++;
        }

        /// <summary>splitmix64.</summary>
        private int Below(int most)
        {
            var z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (int)((z ^ (z >> 31)) % (ulong)most);
        }
    }
}
