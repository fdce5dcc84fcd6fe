using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Logging;

public sealed partial class JsonLineTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 13, 0, 0, 62, TimeSpan.FromHours(1));

    [Fact]
    public void Writes_one_object_a_line_with_everything_that_the_record_has() => Assert.Equal(
        """{"time":"2026-01-01T12:00:00.062Z","level":"warning","category":"TrafficCtl.Some.Where","eventId":17,"eventName":"Late","message":"checkout is 3 rounds late","properties":{"Service":"checkout","Rounds":3}}"""
            + "\n",
        LineOf(LogLevel.Warning, new EventId(17, "Late"), "checkout is 3 rounds late",
            [new("Service", "checkout"), new("Rounds", 3), new("{OriginalFormat}", "{Service} is {Rounds} rounds late")]));

    [Theory]
    [InlineData(LogLevel.Trace, "trace")]
    [InlineData(LogLevel.Debug, "debug")]
    [InlineData(LogLevel.Information, "information")]
    [InlineData(LogLevel.Warning, "warning")]
    [InlineData(LogLevel.Error, "error")]
    [InlineData(LogLevel.Critical, "critical")]
    public void Names_levels_as_the_option_does(LogLevel level, string name)
    {
        Assert.Equal(name, (string)Parsed(LineOf(level, default, "x"))["level"]!);
        Assert.True(LogSettings.TryParseLevel(name, out var parsed));
        Assert.Equal(level, parsed);
    }

    [Theory]
    [InlineData("two\nlines\r\nand\u2028three\u2029four\u0085five")]
    [InlineData("\u001b[31mred\u0007\u009b2J\u202ereversed")]
    [InlineData("quotes \" and \\ and \0 and \u00e9 and \ud83d\ude00")]
    public void Nothing_in_a_value_ends_the_line_or_speaks_to_a_terminal_and_nothing_is_lost(string odd)
    {
        var line = LineOf(LogLevel.Error, new EventId(1, odd), odd, [new(odd, odd), new("List", new[] { odd })], new IOException(odd));
        Assert.All(line[..^1], c => Assert.InRange(c, ' ', '~'));
        var record = Parsed(line);
        Assert.Equal(odd, (string)record["message"]!);
        Assert.Equal(odd, (string)record["eventName"]!);
        Assert.Equal(odd, (string)record["properties"]![odd]!);
        Assert.Equal(odd, (string)record["properties"]!["List"]![0]!);
        Assert.Contains(odd, (string)record["exception"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_character_is_replaced_and_the_record_written()
    {
        var line = LineOf(LogLevel.Error, default, "half \ud83d", [new("Name", "\ude00half")]);
        Assert.Equal("half \ufffd", (string)Parsed(line)["message"]!);
        Assert.Equal("\ufffdhalf", (string)Parsed(line)["properties"]!["Name"]!);
    }

    [Fact]
    public void Numbers_and_truth_are_what_they_are_and_the_rest_is_text_of_no_culture()
    {
        var line = LineOf(LogLevel.Information, default, "x",
        [
            new("Int", -3), new("Long", long.MaxValue), new("Unsigned", ulong.MaxValue), new("Double", 0.25),
            new("Decimal", 1.50m), new("Infinite", double.NaN), new("True", true), new("Nothing", null),
            new("Time", TimeSpan.FromSeconds(90)), new("At", At), new("Kind", LogLevel.Error),
            new("Uri", new Uri("http://x/?a=b")), new("Many", Enumerable.Range(0, 1000)), new("Int", "twice"),
        ]);
        var properties = Parsed(line)["properties"]!;
        Assert.Equal(
            """-3 9223372036854775807 18446744073709551615 0.25 1.50 "NaN" true null "00:01:30" "2026-01-01T13:00:00.0620000\u002B01:00" "Error" "http://x/?a=b" """,
            string.Join(' ', ((string[])["Int", "Long", "Unsigned", "Double", "Decimal", "Infinite", "True", "Nothing", "Time",
                "At", "Kind", "Uri"]).Select(n => properties[n]?.ToJsonString() ?? "null")) + " ");
        Assert.Equal(100, properties["Many"]!.AsArray().Count);
    }

    [Fact]
    public void A_whole_fault_with_its_trace_is_in_one_field()
    {
        Exception fault;
        try
        {
            throw new InvalidOperationException("outer", new IOException("inner"));
        }
        catch (InvalidOperationException caught)
        {
            fault = caught;
        }

        var text = (string)Parsed(LineOf(LogLevel.Error, default, "it failed", [], fault))["exception"]!;
        Assert.Equal(fault.ToString(), text);
        Assert.Contains("inner", text, StringComparison.Ordinal);
    }

    /// <summary>As the logging of the product makes its records.</summary>
    [Fact]
    public void What_a_log_method_takes_are_the_properties()
    {
        var lines = new List<string>();
        Late(new Formatting(lines), "checkout", TimeSpan.FromSeconds(2));
        var record = Parsed(Assert.Single(lines));
        Assert.Equal(("checkout is late by 00:00:02", "checkout", "00:00:02", "Late"),
            ((string)record["message"]!, (string)record["properties"]!["Service"]!, (string)record["properties"]!["By"]!,
            (string)record["eventName"]!));
        Assert.Equal(2, record["properties"]!.AsObject().Count);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service} is late by {By}")]
    private static partial void Late(ILogger log, string service, TimeSpan by);

    private static JsonNode Parsed(string line)
    {
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        return JsonNode.Parse(line)!;
    }

    private static string LineOf(
        LogLevel level, EventId id, string message, KeyValuePair<string, object?>[]? properties = null, Exception? fault = null)
    {
        using var text = new StringWriter { NewLine = "\r\n" };
        var entry = new LogEntry<KeyValuePair<string, object?>[]>(
            level, "TrafficCtl.Some.Where", id, properties ?? [], fault, (_, _) => message);
        new JsonLines(new ManualClock(At)).Write(in entry, null, text);
        return text.ToString();
    }

    private sealed class Formatting(List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            using var text = new StringWriter();
            var entry = new LogEntry<TState>(logLevel, "TrafficCtl", eventId, state, exception, formatter);
            new JsonLines(new ManualClock(At)).Write(in entry, null, text);
            lines.Add(text.ToString());
        }
    }
}
