using System.Globalization;
using System.Text.Json;
using FsCheck.Fluent;
using TrafficCtl.Core.Judging;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>Windows that are allowed and that nobody ever measured.</summary>
public sealed class ExtremeTests
{
    private static readonly long[] Sizes = [0, 0, 1, 2, 59, 1_000, 1_000_000, 999_999_999, 1_000_000_000];

    private static readonly double[] Gaps = [0.001, 0.5, 5, 5, 60, 3_600, 1e6, 1e9];

    private static readonly string[] Bounds = ["[1]", "[5e-324,1e308]", "[0.1,0.2,0.3]", "[1e-9,1e-8,1e-7,1e-6,1]", Windows.Fine];

    private static readonly Analysis Everything = Analysis.Default with
    {
        Users = new UserTolerance(),
        Metrics = [new("cpu", Direction.Lower, 0.1, Consequence.Rollback, 1e9), new("orders", Direction.Higher, 0.1), new(
            "size", Direction.Both, 10)],
    };

    [Fact]
    public void Extreme_windows_are_all_judged_and_every_number_that_is_printed_is_one() => Prop.ForAll(ArbMap.Default
        .ArbFor<int>(), seed =>
    {
        var random = new Random(seed);
        var judged = Judged.Of(
            Trace(random, random.Next(1, 60)), random.Next(2) == 0 ? Everything : Analysis.Default, next: random.Next(10_001),
            explain: true);
        var findings = judged.Only.GetProperty("findings").EnumerateArray().ToArray();
        var areNumbers = findings.All(f => f.GetProperty("evidence").ValueKind == JsonValueKind.Number
            && f.GetProperty("bound").ValueKind == JsonValueKind.Number);
        return (judged.IsGood && areNumbers && findings.Length >= 5).Label($"{seed}: {string.Join(' ', judged.Problems)}");
    }).Holds();

    [Fact]
    public void A_billion_requests_in_each_window_are_counted_one_by_one()
    {
        var lines = Enumerable.Range(1, 60).SelectMany(i => new[] { Full(i, "stable"), Full(i, "candidate") });
        var errors = Judged.Of(lines).Finding("errors");
        Assert.Equal(60e9, errors.GetProperty("samples").GetProperty("candidate").GetDouble());
        Assert.Equal(JsonValueKind.Number, errors.GetProperty("evidence").ValueKind);

        static string Full(int i, string arm) => Windows.Line(
            5 * i, arm, "\"requests\":1000000000,\"errors\":1000000,\"latency\":{\"bounds\":[1,2],\"counts\":[999999998,1,1]}");
    }

    private static IEnumerable<string> Trace(Random random, int ticks)
    {
        var (t, bounds, step) = (0.0, Pick(random, Bounds), 0);
        var buckets = JsonDocument.Parse(bounds).RootElement.GetArrayLength() + 1;
        for (var i = 0; i < ticks; i++)
        {
            t += Pick(random, Gaps);
            if (random.Next(5) == 0) step++;
            var weight = random.Next(4) == 0 ? "" : $"\"weight\":{Pick(random, [0, 1, 500, 5_000, 9_999, 10_000])},";
            foreach (var arm in new[] { "stable", "candidate" })
                if (random.Next(10) > 0) yield return Windows.Line(t, arm, $"\"step\":{step},{weight}{Rest(random, bounds, buckets)}");
        }

        yield return Windows.Line(t + 1, "stable", "\"requests\":0,\"errors\":0");
    }

    private static string Rest(Random random, string bounds, int buckets)
    {
        var requests = Pick(random, Sizes);
        var errors = random.Next(3) switch { 0 => 0, 1 => requests, _ => random.NextInt64(requests + 1) };
        var rest = $"\"requests\":{requests},\"errors\":{errors}";
        if (random.Next(5) > 0)
        {
            var counts = new long[buckets];
            counts[random.Next(buckets)] = requests / 2;
            counts[random.Next(buckets)] += requests - (requests / 2);
            rest += $",\"latency\":{{\"bounds\":{bounds},\"counts\":[{string.Join(',', counts)}]}}";
        }

        if (random.Next(3) == 0)
        {
            var failing = Pick(random, Sizes);
            rest +=
                $",\"users\":{{\"sessions\":{Pick(random, Sizes)},\"broken\":{Pick(random, Sizes)},\"errors\":{3 * failing},"
                + $"\"squares\":{9 * failing},\"failing\":{failing},\"full\":{(random.Next(2) == 0 ? "true" : "false")}}}";
        }

        return random.Next(3) > 0 ? rest : rest + string.Create(
            CultureInfo.InvariantCulture, $",\"metrics\":{{\"cpu\":{Extreme(random)},\"orders\":{Extreme(random)},\"size\":null}}");
    }

    private static double Extreme(Random random) => Pick(random, [0, 1, -1, 1e-300, 1e300, -1e300, 5e-324, 0.25]);

    private static T Pick<T>(Random random, IReadOnlyList<T> of) => of[random.Next(of.Count)];
}
