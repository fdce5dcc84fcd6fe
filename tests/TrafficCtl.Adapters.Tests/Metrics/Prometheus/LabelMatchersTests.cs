using TrafficCtl.Adapters.Metrics.Prometheus;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class LabelMatchersTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  ", "")]
    [InlineData("{}", "")]
    [InlineData("cluster=\"eu-1\"", "cluster=\"eu-1\"")]
    [InlineData("cluster=\"eu-1\",tenant=\"shop\"", "cluster=\"eu-1\", tenant=\"shop\"")]
    [InlineData(" { cluster = 'eu-1' , tenant=~`shop|p.y\\d` , } ", "cluster=\"eu-1\", tenant=~\"shop|p.y\\\\d\"")]
    [InlineData("a!=\"\",b!~\".+\"", "a!=\"\", b!~\".+\"")]
    [InlineData("a=\"}),{,\"", "a=\"}),{,\"")]
    [InlineData("a=\"q\\\"u\\\\o\\n\\x41\\u00e9\"", "a=\"q\\\"u\\\\o\\u000aAé\"")]
    public void Writes_matchers_anew_in_one_form(string text, string matchers)
    {
        Assert.True(LabelMatchers.TryParse(text, out var parsed, out var problem), problem);
        Assert.Equal(matchers, parsed);
        Assert.True(LabelMatchers.TryParse(parsed, out var again, out _));
        Assert.Equal(matchers, again);
    }

    [Theory]
    [InlineData("cluster", "one of =, !=, =~ and !~ is expected (at character 8)")]
    [InlineData("cluster=eu-1", "a value in quotes is expected (at character 9)")]
    [InlineData("cluster==\"eu-1\"", "a value in quotes is expected (at character 9)")]
    [InlineData("cluster=\"eu-1", "the quotes of a value do not end (at character 14)")]
    [InlineData("cluster=\"eu-1\" tenant=\"shop\"", "a comma or the end is expected (at character 16)")]
    [InlineData("cluster=\"eu-1\"} or vector(1) #", "a comma or the end is expected (at character 15)")]
    [InlineData("{cluster=\"eu-1\"", "a } is missing (at character 16)")]
    [InlineData("{cluster=\"eu-1\"}}", "a comma or the end is expected (at character 17)")]
    [InlineData(",cluster=\"eu-1\"", "a label is expected (at character 1)")]
    [InlineData("9a=\"b\"", "a label is expected (at character 1)")]
    [InlineData("up{cluster=\"eu-1\"}", "one of =, !=, =~ and !~ is expected (at character 3)")]
    [InlineData("a=\"\\q\"", "\\q is no escape")]
    [InlineData("a=\"\\x4\"", "2 hexadecimal digits are expected")]
    [InlineData("a=\"\\", "\\ is no escape")]
    [InlineData("__name__=\"up\"", "__name__ cannot be matched")]
    [InlineData("le=\"5\"", "le cannot be matched")]
    public void Refuses_anything_else_with_its_place_and_what_to_write(string text, string why)
    {
        Assert.False(LabelMatchers.TryParse(text, out _, out var problem));
        Assert.StartsWith(why, problem, StringComparison.Ordinal);
        Assert.EndsWith("write it as cluster=\"eu-1\",tenant=~\"shop|pay\"", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_what_is_too_long()
    {
        Assert.False(LabelMatchers.TryParse(new string(' ', LabelMatchers.MostCharacters + 1), out _, out var problem));
        Assert.Contains("4096 at most", problem, StringComparison.Ordinal);
    }

    /// <summary>Whatever a selector holds, the braces that a query puts around it end where it put them.</summary>
    [Fact]
    public void No_text_gets_out_of_the_braces_of_a_query()
    {
        var chance = new Random(20_270_117);
        const string Alphabet = "ab=!~\"'`\\{},() \nxu0";
        var taken = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, chance.Next(14)).Select(_ => Alphabet[chance.Next(Alphabet.Length)])]);
            if (!LabelMatchers.TryParse(text, out var matchers, out _)) continue;
            taken++;
            var inString = false;
            for (var at = 0; at < matchers.Length; at++)
            {
                if (inString && matchers[at] == '\\') at++;
                else if (matchers[at] == '"') inString = !inString;
                else Assert.True(inString || !"{}()#\n'`".Contains(matchers[at], StringComparison.Ordinal), matchers);
            }

            Assert.False(inString, matchers);
        }

        Assert.True(taken > 100, $"{taken} were matchers");
    }
}
