using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Access;

/// <summary>Writes down who asked for what, why and from where, and what came of it. Granted wishes are facts of the journal too.</summary>
internal sealed partial class Audit(TimeProvider clock, ILogger<Audit> log)
{
    /// <summary>
    /// Anybody who can connect may make such calls, any number of them: so many are logged at once, and then one in each interval.
    /// </summary>
    private const int UnknownAtOnce = 20;

    private static readonly TimeSpan UnknownEvery = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private int room = UnknownAtOnce;
    private long leftOut, filledAt = clock.GetTimestamp();

    /// <summary>A wish that was passed on.</summary>
    public void Granted(string target, string who, string how, string what, string from, string reason, string answer)
    {
        var (name, words) = (Name(who, how), Words(reason));
        LogGranted(target, name, how, what, from, words, answer);
    }

    /// <summary>A wish that its sender may not make.</summary>
    public void Refused(string target, string who, string how, string what, string from, string reason, string why)
    {
        var (name, words) = (Name(who, how), Words(reason));
        LogRefused(target, name, how, what, from, words, why);
    }

    /// <summary>A wish that was passed on and came to nothing, or whose outcome is unknown.</summary>
    public void Failed(string target, string who, string how, string what, string from, string reason, string why)
    {
        var (name, words) = (Name(who, how), Words(reason));
        LogFailed(target, name, how, what, from, words, why);
    }

    /// <summary>A call of nobody who is known.</summary>
    public void Unknown(string what, string from, string why)
    {
        long before;
        lock (gate)
        {
            var intervals = (int)Math.Min(UnknownAtOnce, clock.GetElapsedTime(filledAt) / UnknownEvery);
            if (intervals > 0) (room, filledAt) = (Math.Min(UnknownAtOnce, room + intervals), clock.GetTimestamp());
            if (room == 0)
            {
                leftOut++;
                return;
            }

            room--;
            (before, leftOut) = (leftOut, 0);
        }

        if (before > 0) LogLeftOut(before);
        LogUnknown(from, what, why);
    }

    /// <summary>In facts a name says itself that nobody verified it; here <paramref name="how"/> says so.</summary>
    private static string Name(string who, string how)
    {
        var mark = $" ({how})";
        return who.EndsWith(mark, StringComparison.Ordinal) ? who[..^mark.Length] : who;
    }

    private static string Words(string reason) => reason.Length > 0 ? reason : "no reason given";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Target}: {Who} ({How}) asked to {What} from {From} ({Reason}): {Answer}")]
    private partial void LogGranted(string target, string who, string how, string what, string from, string reason, string answer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Target}: {Who} ({How}) asked to {What} from {From} ({Reason}): failed: {Why}")]
    private partial void LogFailed(string target, string who, string how, string what, string from, string reason, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Target}: {Who} ({How}) may not {What}, asked from {From} ({Reason}): {Why}")]
    private partial void LogRefused(string target, string who, string how, string what, string from, string reason, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Calls} more calls of callers who are unknown were refused and not written down")]
    private partial void LogLeftOut(long calls);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody at {From} may not ask for {What}: {Why}")]
    private partial void LogUnknown(string from, string what, string why);
}
