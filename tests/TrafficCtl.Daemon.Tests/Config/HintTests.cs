using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

/// <summary>What a hint shows between backticks is YAML that may be put where the problem is.</summary>
public class HintTests
{
    private const string Base = """
        service: shop
        listen: http://127.0.0.1:8080
        versions: { v1: [http://127.0.0.1:5001], v2: [http://127.0.0.1:5002] }
        stable: v1
        """;

    private static readonly Regex Code = new("`(?<yaml>[^`]+)`", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    [Theory]
    [InlineData("identity: x-user", "identity: [header:x-user]")]
    [InlineData("identity: header:x-user", "identity: [header:x-user]")]
    [InlineData("identity: { header: x-user, cookie: sid }", "identity: [header:x-user, cookie:sid]")]
    [InlineData("identity: [x-user]", "header:x-user")]
    [InlineData("identity: [header: x-user]", "header:x-user")]
    [InlineData("rollout: [5, 25, 50]", "rollout: [{ weights: [5, 25, 50, 100] }]")]
    [InlineData("rollout: 5", "rollout: [{ weights: [5, 25, 50, 100] }]")]
    [InlineData("rollout: [{ weights: 20 }]", "weights: [20, 100]")]
    [InlineData("rollout: [{ weights: [10, 60] }]", "weights: [10, 60, 100]")]
    [InlineData("rollout: [{ hold: 5m }]", "weights: [5, 25, 50, 100]")]
    [InlineData("rollout: [{ weights: [5, 30] }, { hold: 5m }]", "weights: [50, 100]")]
    [InlineData(
        "rollout: [{ setWeight: 20 }, { pause: { duration: 10m } }, { setWeight: 60 }]",
        "rollout: [{ weights: [20, 60, 100], hold: 10m }]")]
    [InlineData("rollout: [{ setWeight: 40 }, { pause: {} }]", "rollout: [{ weights: [40, 100] }]")]
    [InlineData("rollout: [{ pause: { duration: 90 } }]", "rollout: [{ weights: [5, 25, 50, 100], hold: 90s }]")]
    [InlineData("rollout: { steps: [{ setWeight: 5 }] }", "rollout: [{ weights: [5, 100] }]")]
    [InlineData(
        "rollout: [{ setWeight: 50 }, { setWeight: 10 }, { setWeight: abc }, { setWeight: 300 }]", "rollout: [{ weights: [10, 50, 100] }]")]
    [InlineData(
        "strategy: { canary: { steps: [{ setWeight: 5 }, { pause: { duration: 1h } }] } }",
        "strategy: canary|rollout: [{ weights: [5, 100], hold: 1h }]")]
    [InlineData("strategy: { blueGreen: { activeService: a } }", "strategy: blue-green")]
    [InlineData("canary: { steps: [{ setWeight: 5 }] }", "strategy: canary|rollout: [{ weights: [5, 25, 50, 100], hold: 1m }]")]
    [InlineData("analysis: { stepWeight: 20, maxWeight: 60, interval: 2m }", "rollout: [{ weights: [20, 40, 60, 100], hold: 2m }]")]
    [InlineData("analysis: { stepWeights: [1, 10, 80] }", "rollout: [{ weights: [1, 10, 80, 100] }]")]
    [InlineData(
        "canaryAnalysis: { stepWeight: 25 }",
        "rollout: [{ weights: [25, 50, 100] }]|analysis: { errors: { worse-by: 0.1pp }, latency: { worse-by: 10% } }")]
    [InlineData("hold: 5m", "rollout: [{ weights: [5, 25, 50, 100], hold: 1m }]")]
    [InlineData("at-least: 200", "rollout: [{ weights: [5, 25, 50, 100], at-least: { requests: 200 } }]")]
    [InlineData("tick: 5s", "analysis: { tick: 5s }")]
    [InlineData("analysis: { holdback: 1h }", "holdback: 1h")]
    [InlineData("versions: { v1: http://127.0.0.1:5001 }", "v1: [http://127.0.0.1:5001]")]
    [InlineData("analysis: { errors: 1pp }", "errors: { worse-by: 1pp }")]
    [InlineData("analysis: { errors: 1% }", "errors: { worse-by: 0.1pp }")]
    [InlineData("analysis: { if-unsure: promote }", "if-unsure: { then: promote }")]
    [InlineData("health: /healthz", "health: { path: /healthz }")]
    [InlineData("needs: alerts", "needs: [{ quiet: [alerts] }]")]
    [InlineData("cohorts: { staff: x-staff }", "staff: { header: x-staff, equals: \"yes\" }")]
    public void Shows_how_what_was_meant_is_written(string wrong, string shown)
    {
        var problem = Problems(wrong)[0];
        Assert.Equal(shown.Split('|'), CodeOf(problem));
        AssertAccepted(problem, wrong);
    }

    public static TheoryData<string> ForeignKeys() =>
        [.. Foreign.OfService.Keys
            .Select(static k => $"{k}: 5")
            .Concat(Foreign.OfAnalysis.Keys.Select(static k => $"analysis: {{ {k}: 5 }}"))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(ForeignKeys))]
    public void Leads_from_a_key_of_another_tool_to_what_says_the_same_here(string wrong)
    {
        var problem = Assert.Single(Problems(wrong));
        Assert.Equal("unknown key", problem.Message);
        Assert.DoesNotContain("known here:", problem.Hint);
        AssertAccepted(problem, wrong);
    }

    /// <summary>Every section, list and map of the file, with a value in its place and with nothing.</summary>
    public static TheoryData<string> Places() => [.. PlacesOf(DeliverySchema.Root, "").Distinct(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Places))]
    public void Shows_each_section_list_and_map_by_an_example_that_is_accepted(string wrong)
    {
        var problem = Problems(wrong)[0];
        Assert.NotEmpty(CodeOf(problem));
        AssertAccepted(problem, wrong);
    }

    [Fact]
    public void Shows_what_is_missing()
    {
        var problems = ((Parsed<Deliveries>.Problems)Read(
            Encoding.UTF8.GetBytes("versions: { \"1.0\": [http://127.0.0.1:5001] }"))).All;
        Assert.Equal(
            ["add `service: checkout`", "add `listen: http://127.0.0.1:8080`", "add `stable: 1.0`"], problems.Select(static p => p.Hint));
        var mended = $"versions: {{ \"1.0\": [http://127.0.0.1:5001] }}\n{string.Join('\n', problems.SelectMany(CodeOf))}";
        Assert.IsType<Parsed<Deliveries>.Ok>(Read(Encoding.UTF8.GetBytes(mended)));
    }

    [Fact]
    public void Lists_the_keys_of_a_section_once_and_then_says_where()
    {
        var unknown = string.Join('\n', Enumerable.Range(1, 20).Select(static i => $"quux{i}zzzzzzz: 1"));
        var hints = Problems(unknown).Select(static p => p.Hint!).ToArray();
        Assert.StartsWith("known here: service, environment, ", hints[0]);
        Assert.Equal(19, hints.Count(static h => h == "the keys that are known here stand at line 5"));
    }

    [Fact]
    public void Says_once_what_an_alias_repeats()
    {
        var problems =
            Problems("cohorts:\n  a: &a { header: x-a, equals: \"1\", zebra: 1, quagga: 2, okapi: 3 }\n  b: *a\n  c: *a\n  d: *a");
        Assert.Equal(["cohorts.a.zebra", "cohorts.a.quagga", "cohorts.a.okapi"], problems.Select(static p => p.Path));
    }

    [Fact]
    public void Says_once_that_an_alias_goes_in_a_circle_or_nowhere()
    {
        var circles = Problems($"match: &m {{ {string.Join(", ", Enumerable.Range(1, 20).Select(static i => $"k{i}: *m"))} }}");
        Assert.Single(circles, static p => p.Message == "the alias *m stands for something that holds it");
        var nowhere = Problems("cohorts: { a: *gone, b: *gone, c: *gone }");
        Assert.Single(nowhere, static p => p.Message == "the alias *gone stands for nothing");
    }

    private static IEnumerable<string> PlacesOf(SectionShape section, string path)
    {
        foreach (var key in section.Keys)
        {
            var at = path.Length == 0 ? key.Name : $"{path}.{key.Name}";
            if (key.Shape is ScalarShape) continue;
            yield return Nested(at, "17");
            yield return Nested(at, "");
            if (key.Shape is SectionShape inner) foreach (var place in PlacesOf(inner, at)) yield return place;
        }
    }

    /// <summary><c>a.b.c</c> and a value as a file's line.</summary>
    private static string Nested(string path, string value)
    {
        var keys = path.Split('.');
        var opened = string.Concat(keys.Skip(1).Select(static k => $"{{ {k}: "));
        var closed = string.Concat(keys.Skip(1).Select(static _ => " }"));
        return $"{keys[0]}: {opened}{(value.Length == 0 ? "~" : value)}{closed}";
    }

    private static Parsed<Deliveries> Read(byte[] file) =>
        DeliveryFiles.ReadText(file, "x.yaml", Path.Combine(Goldens.Root, "valid"), Goldens.Able);

    private static ImmutableArray<Problem> Problems(string wrong) =>
        Assert.IsType<Parsed<Deliveries>.Problems>(Read(Encoding.UTF8.GetBytes(Merge(wrong)))).All;

    private static string[] CodeOf(Problem problem) => [.. Code.Matches(problem.Hint ?? "").Select(static m => m.Groups["yaml"].Value)];

    /// <summary>Together they are a good file in the place of the wrong line.</summary>
    private static void AssertAccepted(Problem problem, string wrong)
    {
        var lines = CodeOf(problem)
            .Select(code => problem.Hint!.StartsWith("it belongs elsewhere", StringComparison.Ordinal) ? code : Placed(problem.Path, code))
            .ToArray();
        if (lines.Length == 0) return;
        var file = lines.Aggregate(Base, Merge);
        var parsed = Read(Encoding.UTF8.GetBytes(file));
        // What no embedded proxy can do is right YAML all the same; a certificate needs https.
        var problems = parsed is Parsed<Deliveries>.Problems(var all)
            ? all.Where(static p => p.Path is not ("tls" or "analysis.saturation")).ToArray()
            : [];
        Assert.True(problems.Length == 0, $"{wrong}\nleads to\n{file}\n{string.Join('\n', (IEnumerable<Problem>)problems)}");
    }

    /// <summary>The hint's YAML from the top of the file: it is written for the place of the problem, or names a key of the top.</summary>
    private static string Placed(string path, string code)
    {
        var top = DeliverySchema.Root.Keys.Any(k => code.StartsWith($"{k.Name}: ", StringComparison.Ordinal));
        if (top && !(path.Contains('.') && code.StartsWith($"{path[(path.LastIndexOf('.') + 1)..]}: ", StringComparison.Ordinal)))
            return code;
        // A list that ends too early is shown at its last item.
        if (path.LastIndexOf('[') is > 0 and var end
            && path[..end] is var list
            && code.StartsWith($"{list[(list.LastIndexOf('.') + 1)..]}: ", StringComparison.Ordinal))
            path = list;
        var isItem = path.EndsWith(']');
        var around = isItem ? path : path[..Math.Max(0, path.LastIndexOf('.'))];
        foreach (var part in around.Split('.', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            var isLast = isItem && part == around.Split('.')[^1];
            var (name, index) = part.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket
                ? (part[..bracket], part[bracket..])
                : (part, "");
            code = index.Length == 0 ? $"{name}: {{ {code} }}" : isLast ? $"{name}: [{code}]" : $"{name}: [{{ {code} }}]";
        }

        return code;
    }

    /// <summary>A line in the place of the one with the same key.</summary>
    private static string Merge(string file, string line)
    {
        var key = line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)];
        return string.Join('\n', file.Split('\n').Where(l => !l.StartsWith(key, StringComparison.Ordinal)).Append(line));
    }

    private static string Merge(string line) => Merge(Base, line);
}
