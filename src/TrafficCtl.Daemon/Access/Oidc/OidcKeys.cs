using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Daemon.Access.Oidc;

/// <summary>The keys of the issuer, kept in memory.</summary>
/// <remarks>
/// They are read again after <see cref="Fresh"/>, beside the calls, and at once for a key that is not known, at most once in
/// <see cref="Pause"/>, so that nobody can have the issuer asked at will. While it does not answer they stay in force for
/// <see cref="Longest"/>, and then nobody is let in by them.
/// </remarks>
internal sealed partial class OidcKeys : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10), Pause = TimeSpan.FromSeconds(10), Longest = TimeSpan.FromHours(6);

    private readonly OidcOptions options;
    private readonly OidcFetch fetch;
    private readonly TimeProvider clock;
    private readonly ILogger<OidcKeys> log;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource ending = new();
    private Task running = Task.CompletedTask;
    private long? attemptedAt;
    private volatile Kept? kept;
    private volatile string trouble = "it was not asked yet";

    public OidcKeys(OidcOptions options, OidcFetch fetch, TimeProvider clock, ILogger<OidcKeys> log) =>
        (this.options, this.fetch, this.clock, this.log) = (options, fetch, clock, log);

    /// <summary>The keys, or why there are none that may be believed.</summary>
    /// <param name="kid">The key that is looked for; empty for none in particular.</param>
    /// <param name="stop">Ends the waiting.</param>
    public async ValueTask<(OpenIdConnectConfiguration? Keys, string? Trouble)> ReadAsync(string kid, CancellationToken stop)
    {
        var now = Usable();
        if (now is null || (kid.Length > 0 && now.SigningKeys.All(key => key.KeyId != kid))) await Refresh().WaitAsync(stop);
        else if (clock.GetElapsedTime(kept!.At) >= Fresh) _ = Refresh();
        now = Usable();
        return now is null ? (null, trouble) : (now, null);
    }

    Task<OpenIdConnectConfiguration> IConfigurationManager<OpenIdConnectConfiguration>.GetConfigurationAsync(CancellationToken cancel) =>
        Task.FromResult(Usable() ?? throw new InvalidOperationException($"No keys of {options.Issuer}: {trouble}"));

    void IConfigurationManager<OpenIdConnectConfiguration>.RequestRefresh()
    {
        // It was asked for before the token was looked at.
    }

    public void Dispose()
    {
        ending.Cancel();
        fetch.Dispose();
    }

    private OpenIdConnectConfiguration? Usable() =>
        kept is { } held && clock.GetElapsedTime(held.At) < Longest ? held.Keys : null;

    /// <summary>One at a time, and with a pause between two.</summary>
    private Task Refresh()
    {
        lock (gate)
        {
            if (!running.IsCompleted) return running;
            if (attemptedAt is { } at && clock.GetElapsedTime(at) < Pause) return Task.CompletedTask;
            attemptedAt = clock.GetTimestamp();
            return running = Task.Run(FetchAsync, CancellationToken.None);
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            var at = clock.GetTimestamp();
            kept = new Kept(await fetch.ReadAsync(ending.Token), at);
        }
        catch (Exception fault) when (fault is InvalidDataException or HttpRequestException or OperationCanceledException)
        {
            if (ending.IsCancellationRequested) return;
            trouble = fault is OperationCanceledException ? "it does not answer in time" : fault.Message.TrimEnd('.');
            if (kept is null) LogNone(options.Issuer, trouble);
            else LogKept(options.Issuer, trouble, DurationText.Of(Longest));
        }
    }

    private sealed record Kept(OpenIdConnectConfiguration Keys, long At);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of the issuer {Issuer} cannot be read: {Trouble}; its tokens are refused")]
    private partial void LogNone(string issuer, string trouble);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The keys of the issuer {Issuer} cannot be read: {Trouble}; "
        + "those that were read before stay in force for up to {Time}")]
    private partial void LogKept(string issuer, string trouble, string time);
}
