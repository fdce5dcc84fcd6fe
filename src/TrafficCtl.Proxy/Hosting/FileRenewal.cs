using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Listening;
using TrafficCtl.Proxy.Upstreams;

namespace TrafficCtl.Proxy.Hosting;

/// <summary>Looks every second whether certificates and cookie keys have other files, and says once what became of a change.</summary>
/// <remarks>Polled, because no notification covers mounted secrets.</remarks>
/// <param name="certificates">Those in force.</param>
/// <param name="keys">Null where no file of cookie keys was named.</param>
/// <param name="upstreams">TLS settings towards upstreams in force.</param>
/// <param name="reconnect">Puts changed ones in force.</param>
/// <param name="notice">Takes a warning of a source for the status, or null once it no longer holds.</param>
/// <param name="clock">Paces it.</param>
/// <param name="log">Takes each change.</param>
internal sealed partial class FileRenewal(
    Func<ImmutableArray<ListenerCertificate>> certificates, SharedCookieKeys? keys, Func<ImmutableArray<FollowedTls>> upstreams,
    Func<CancellationToken, Task> reconnect, Action<string, string?> notice, TimeProvider clock, ILogger log) : IDisposable
{
    /// <summary>A change takes effect when it was seen twice, so within two of these.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const string OfCertificates = "certificates", OfKeys = "cookie-keys", OfUpstreams = "upstream-tls", OfFiles = "secret-files";

    private readonly PeriodicTimer timer = new(Period, clock);
    private readonly CancellationTokenSource ending = new();
    private readonly SortedSet<string> owed = new(StringComparer.Ordinal);
    private bool isHanging;

    /// <summary>Ends when this is disposed of.</summary>
    public async Task RunAsync()
    {
        while (await timer.WaitForNextTickAsync())
        {
            try
            {
                await Blocking.RunAsync(Poll, Patience, SayHangs, ending.Token);
                if (owed.Count == 0) continue;
                // A change is found once: until it is in force it is owed.
                await reconnect(ending.Token);
                foreach (var service in owed) LogUpstreams(service);
                owed.Clear();
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                // A mount that hangs is left behind.
            }
            catch (Exception fault)
            {
                // A fault inside must end neither the looking nor a process that serves.
                LogFault(fault);
            }
        }
    }

    public void Dispose()
    {
        ending.Cancel();
        timer.Dispose();
    }

    private bool Poll()
    {
        var inForce = certificates();
        foreach (var certificate in inForce)
            if (certificate.Poll()) Say(certificate);
        if (keys?.Poll() == true) Say(keys);
        var problems = inForce.Select(c => c.Problem).OfType<string>().ToArray();
        notice(OfCertificates, problems.Length > 0 ? string.Join(" ", problems) : null);
        notice(OfKeys, keys?.Problem);
        var followed = upstreams();
        foreach (var settings in followed)
            if (settings.Poll()) Say(settings);
        var ofUpstreams = followed.Select(f => f.Problem).OfType<string>().ToArray();
        notice(OfUpstreams, ofUpstreams.Length > 0 ? string.Join(" ", ofUpstreams) : null);
        if (isHanging) notice(OfFiles, null);
        isHanging = false;
        return true;
    }

    private void Say(FollowedTls settings)
    {
        if (settings.Problem is { } problem) LogRefused(problem);
        else owed.Add(settings.Service);
    }

    private void Say(ListenerCertificate certificate)
    {
        if (certificate.Problem is { } problem) LogRefused(problem);
        else LogRenewed(certificate.Service, certificate.Files.Cert, certificate.ValidUntil);
    }

    private void Say(SharedCookieKeys changed)
    {
        if (changed.Problem is { } problem) LogRefused(problem);
        else LogKeys(changed.Path, changed.Count);
    }

    private void SayHangs()
    {
        isHanging = true;
        var time = DurationText.Of(Patience);
        notice(
            OfFiles,
            $"the files of certificates or cookie keys have not answered for {time}: a mount that hangs? "
            + "What they said before stays in force.");
        LogHangs(time);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Service}: the certificate {Path} was changed and is in force for new connections (valid until {Until})")]
    private partial void LogRenewed(string service, string path, string until);

    [LoggerMessage(Level = LogLevel.Information, Message = "The cookie keys {Path} were changed and are in force (keys: {Count})")]
    private partial void LogKeys(string path, int count);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "{Service}: the TLS files of upstreams were changed and are in force for new connections")]
    private partial void LogUpstreams(string service);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The files of certificates or cookie keys have not answered for {Time} (a mount that hangs?):"
            + " what they said before stays in force")]
    private partial void LogHangs(string time);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for changed certificates or cookie keys failed inside; it is retried")]
    private partial void LogFault(Exception fault);
}
