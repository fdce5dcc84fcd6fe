using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Daemon.Api;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class MessageJsonTests
{
    [Fact]
    public void Every_key_is_there_and_what_is_missing_is_null() => Assert.Equal(
        """{"wish":null,"answered":false,"accepted":null,"answer":"","warning":null}""", MessageJson.Format(new MakeWishResponse()));

    [Fact]
    public void An_optional_text_that_is_empty_is_missing() => Assert.Equal(
        """{"file":"a.yaml","line":3,"column":null,"path":null,"message":"m","hint":null}""",
        MessageJson.Format(new FileProblem { File = "a.yaml", Line = 3, Path = "", Message = "m" }));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_number_that_is_none_is_missing(double number) =>
        Assert.Contains("\"evidence\":null,", MessageJson.Format(new Judgement { Evidence = number }), StringComparison.Ordinal);

    [Fact]
    public void A_zero_that_was_measured_is_a_zero()
    {
        var json = MessageJson.Format(new ArmStatus { ErrorRatio = 0 });
        Assert.Contains("\"errorRatio\":0,\"p50Seconds\":null,", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1, "-1")]
    [InlineData(9_007_199_254_740_992, "9007199254740992")]
    [InlineData(-9_007_199_254_740_992, "-9007199254740992")]
    [InlineData(9_007_199_254_740_993, "\"9007199254740993\"")]
    [InlineData(long.MinValue, "\"-9223372036854775808\"")]
    public void A_whole_number_is_a_number_as_far_as_every_reader_holds_it(long seq, string json) =>
        Assert.StartsWith($"{{\"seq\":{json},", MessageJson.Format(new Fact { Seq = seq }), StringComparison.Ordinal);

    [Fact]
    public void Times_and_durations_are_as_proto3_has_them()
    {
        var at = new DateTimeOffset(2026, 1, 31, 9, 30, 0, 250, TimeSpan.Zero).ToTimestamp();
        var json = MessageJson.Format(new RolloutStatus { StartedAt = at, Remaining = Duration.FromTimeSpan(TimeSpan.FromSeconds(23.25)) });
        Assert.Contains("\"startedAt\":\"2026-01-31T09:30:00.250Z\",\"changedAt\":null,", json, StringComparison.Ordinal);
        Assert.Contains("\"remaining\":\"23.250s\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Maps_are_in_the_order_of_their_names()
    {
        var json = MessageJson.Format(new FactData { More = { ["b"] = "2", ["a"] = "1" } });
        Assert.EndsWith("\"more\":{\"a\":\"1\",\"b\":\"2\"}}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_means_what_it_was_and_steers_nothing()
    {
        const string Text = "\"é → <b>\\\u0000\u001b[2J\u009b\u202e\u2028\u200b\ufeff\U000e0041👍\n";
        var json = MessageJson.Format(new Problem { Title = Text, Detail = "d", Status = 404 });
        Assert.DoesNotContain(json, static c => char.IsControl(c) || c is '\u202e' or '\u2028' or '\u200b' or '\ufeff' or '\udb40');
        Assert.Contains("é → <b>", json, StringComparison.Ordinal);
        Assert.Equal(Text, JsonParser.Default.Parse<Problem>(json).Title);
    }

    [Fact]
    public void Proto3s_own_parser_reads_it_back()
    {
        var status = StatusMessages.Of(Example.Active(), new Uri("http://127.0.0.1:8080/"), Example.Facts, Example.Elapsed);
        var json = MessageJson.Format(status);
        Assert.Equal(json, MessageJson.Format(JsonParser.Default.Parse<ServiceStatus>(json)));
    }
}
