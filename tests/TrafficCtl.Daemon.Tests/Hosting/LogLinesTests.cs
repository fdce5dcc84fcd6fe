using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

public class LogLinesTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 12, 0, 0, 62, TimeSpan.Zero);

    [Fact]
    public void Says_time_level_and_message_and_nothing_of_our_insides() => Assert.Equal(
        "2026-01-01 12:00:00.062Z info  checkout: route 3 is in force\n",
        LineOf(LogLevel.Information, "checkout: route 3 is in force", null));

    [Theory]
    [InlineData(LogLevel.Warning, "2026-01-01 12:00:00.062Z warn  it failed: disk | full\n")]
    [InlineData(LogLevel.Error, "2026-01-01 12:00:00.062Z error it failed: System.IO.IOException: disk | full\n")]
    public void Keeps_a_fault_on_the_line_and_names_its_kind_from_error_on(LogLevel level, string line) =>
        Assert.Equal(line, LineOf(level, "it failed", new IOException("disk\r\nfull")));

    [Theory]
    [InlineData("asked by \u001b[2Jana: \u202eok\u2028\u009b", "asked by \\u001b[2Jana: \\u202eok\\u2028\\u009b")]
    [InlineData("one\ntwo\tthree", "one | two\\tthree")]
    public void Text_of_others_neither_steers_a_terminal_nor_forges_a_line(string message, string shown)
    {
        Assert.Equal($"2026-01-01 12:00:00.062Z info  {shown}\n", LineOf(LogLevel.Information, message, null));
        var fault = new IOException(message);
        Assert.Equal($"2026-01-01 12:00:00.062Z warn  it failed: {shown}\n", LineOf(LogLevel.Warning, "it failed", fault));
    }

    [Theory]
    [InlineData("Grpc.AspNetCore.Server.ServerCallHandler", true)]
    [InlineData("TrafficCtl.Somewhere", false)]
    public void A_caller_who_breaks_a_connection_within_a_call_fills_no_log(string category, bool isSilent)
    {
        var broken = new IOException("The request stream was aborted.", new ConnectionAbortedException());
        Assert.Equal(isSilent, LineOf(LogLevel.Error, "it failed", broken, category).Length == 0);
        Assert.NotEmpty(LineOf(LogLevel.Error, "it failed", new IOException("disk full"), category));
    }

    private static string LineOf(LogLevel level, string message, Exception? fault, string category = "TrafficCtl.Somewhere")
    {
        using var text = new StringWriter { NewLine = "\n" };
        var entry = new LogEntry<string>(
            level, category, new EventId(1612513252), message, fault, static (state, _) => state);
        new LogLines(new ManualClock(At)).Write(in entry, null, text);
        return text.ToString();
    }
}
