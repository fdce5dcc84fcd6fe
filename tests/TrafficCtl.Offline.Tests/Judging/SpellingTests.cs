using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using TrafficCtl.Core.Judging;
using TrafficCtl.Offline.Judging;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>What a line means does not depend on how it is spelt, and nothing that is read throws.</summary>
public sealed class SpellingTests
{
    [Fact]
    public void Order_of_keys_white_space_and_spelling_of_numbers_change_nothing()
    {
        string[] plain = [.. Windows.Alike(30), .. Windows.Failing(12, "b"), .. WithEverything(20)];
        var expected = Judged.Of(plain, Measured).Out;
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            return Judged.Of(plain.Select(l => Spell(JsonNode.Parse(l), random)), Measured).Out == expected;
        }).Holds(cases: 25);
    }

    [Fact]
    public void Random_bytes_never_throw() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var judged = Judged.Of(bytes);
        return judged.Traces.All(t => t.GetProperty("verdict").GetString() == "unsure");
    }).Holds();

    [Fact]
    public void Damaged_lines_never_throw_and_never_pass_more_than_the_good_ones()
    {
        var good = Encoding.UTF8.GetBytes(string.Join('\n', [.. Windows.Alike(3), .. WithEverything(3)]) + "\n");
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (random, file) = (new Random(seed), good.ToArray());
            for (var i = random.Next(1, 20); i > 0; i--) file[random.Next(file.Length)] = (byte)random.Next(256);
            var judged = Judged.Of(file, Measured);
            return judged.Traces.All(t => t.GetProperty("verdict").GetString() != "pass");
        }).Holds();
    }

    [Fact]
    public void Accepts_a_line_only_when_json_does()
    {
        var line = Encoding.UTF8.GetBytes(WithEverything(1).First());
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var (random, damaged) = (new Random(seed), line.ToArray());
            const string Marks = "{}[],:\"\\ 0123456789eE.+-ntu";
            for (var i = random.Next(1, 3); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)Marks[random.Next(Marks.Length)];
            return new WindowReader(Measured).Read(damaged) is not null || IsJson(damaged);
        }).Holds();
    }

    private static readonly Analysis Measured = Analysis.Default with { Metrics = [new("cpu", Direction.Lower, 0.1)] };

    private static IEnumerable<string> WithEverything(int ticks)
    {
        var ones = string.Join(',', Enumerable.Repeat(1, 61));
        var placebo = $$$"""{"requests":300,"errors":1,"late":1,"latency":{"counts":[{{{ones}}}],"abandoned":[{{{Windows.Waits}}}]}}""";
        for (var i = 1; i <= ticks; i++)
        {
            foreach (var arm in new[] { "stable", "candidate" })
            {
                yield return Windows.Line(5 * i, arm, $$"""
                    "dt":5,"step":1,"weight":5000,"requests":1000,"errors":2,"late":3,"rawErrors":4,"topUserRequests":9,"topUserErrors":2,"topClientRequests":8,"topClientErrors":1,"latency":{{Windows.LatencyWithWaits}},"users":{"sessions":40,"broken":1,"errors":4,"squares":10,"failing":2,"clientErrors":3,"clientSquares":5,"clientFailing":2,"full":false},"metrics":{"cpu":0.25,"other":-1.5e-3}
                    """ + (arm == "stable" ? $$""","placebo":[{{placebo}},{{placebo}}]""" : ""), "all");
            }
        }
    }

    private static string Spell(JsonNode? node, Random random)
    {
        var text = new StringBuilder();
        Write(node, random, text);
        return text.ToString();
    }

    private static void Write(JsonNode? node, Random random, StringBuilder to)
    {
        White(random, to);
        switch (node)
        {
            case JsonObject map:
                var members = map.ToArray();
                random.Shuffle(members);
                to.Append('{');
                for (var i = 0; i < members.Length; i++)
                {
                    if (i > 0) to.Append(',');
                    White(random, to);
                    Quote(members[i].Key, random, to);
                    White(random, to);
                    to.Append(':');
                    Write(members[i].Value, random, to);
                }

                to.Append('}');
                break;
            case JsonArray list:
                to.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) to.Append(',');
                    Write(list[i], random, to);
                }

                to.Append(']');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Quote(value.GetValue<string>(), random, to);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                to.Append(Number(value.GetValue<double>(), random));
                break;
            default:
                to.Append(node?.ToJsonString() ?? "null");
                break;
        }

        White(random, to);
    }

    private static string Number(double number, Random random)
    {
        var plain = number.ToString("R", CultureInfo.InvariantCulture);
        return random.Next(4) switch
        {
            0 => number.ToString("E17", CultureInfo.InvariantCulture),
            1 when !plain.Contains('E', StringComparison.Ordinal) =>
                plain.Contains('.', StringComparison.Ordinal) ? plain + "00" : plain + ".0",
            2 => plain + "e0",
            _ => plain,
        } is var spelt && spelt.Count(c => c is 'e' or 'E') <= 1 ? spelt : plain;
    }

    private static void Quote(string text, Random random, StringBuilder to)
    {
        to.Append('"');
        foreach (var c in text)
        {
            if (random.Next(8) == 0) to.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else to.Append(c);
        }

        to.Append('"');
    }

    private static void White(Random random, StringBuilder to)
    {
        while (random.Next(5) == 0) to.Append(" \t\r"[random.Next(3)]);
    }

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
