using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Access;

/// <summary>Writes down who asked for what, why and from where, and what came of it. Granted wishes are facts of the journal too.</summary>
internal sealed partial class Audit(ILogger<Audit> log)
{
    /// <summary>A wish that was passed on.</summary>
    public void Granted(string target, string who, string how, string what, string from, string reason, string answer)
    {
        var words = Words(reason);
        LogGranted(target, who, how, what, from, words, answer);
    }

    /// <summary>A wish that its sender may not make.</summary>
    public void Refused(string target, string who, string how, string what, string from, string reason, string why)
    {
        var words = Words(reason);
        LogRefused(target, who, how, what, from, words, why);
    }

    /// <summary>A call of nobody who is known.</summary>
    public void Unknown(string what, string from, string why) => LogUnknown(from, what, why);

    private static string Words(string reason) => reason.Length > 0 ? reason : "no reason given";

    [LoggerMessage(Level = LogLevel.Information, Message = "{Target}: {Who} ({How}) asked to {What} from {From} ({Reason}): {Answer}")]
    private partial void LogGranted(string target, string who, string how, string what, string from, string reason, string answer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Target}: {Who} ({How}) may not {What}, asked from {From} ({Reason}): {Why}")]
    private partial void LogRefused(string target, string who, string how, string what, string from, string reason, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Somebody at {From} may not ask for {What}: {Why}")]
    private partial void LogUnknown(string from, string what, string why);
}
