using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Daemon.Access;

/// <summary>The tokens in force: in memory, so that a call waits for no disk, and read again when their file changes.</summary>
/// <remarks>
/// A file that is gone, unreadable or garbage leaves the last good tokens in force: nobody loses a right by it, and nobody gets one.
/// Where there were tokens once, there are no rights without one until the process starts anew. A first file that cannot be read closes
/// the API to those without a token as well: somebody has set up identity, and believes that it is in force.
/// Time goes forward only: a token that has expired stays so when the clock is set back, and after a restart no earlier time counts than
/// the newest one in the file.
/// </remarks>
internal sealed partial class Tokens : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500), Patience = TimeSpan.FromSeconds(5);

    private readonly string? path;
    private readonly TimeProvider clock;
    private readonly ILogger<Tokens> log;
    private readonly bool mustBe;
    private volatile FrozenDictionary<string, Token> byId;
    private volatile bool isUnreadable;
    private string? said;
    private long latestTicks;

    /// <param name="path">The file; null for a process without tokens.</param>
    /// <param name="clock">The clock of the process.</param>
    /// <param name="log">The log of the process.</param>
    /// <param name="mustBe">A person named the file: that it is not there must not open the API to everybody.</param>
    /// <exception cref="InvalidDataException">Not a file of tokens, or none where one must be.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    public Tokens(string? path, TimeProvider clock, ILogger<Tokens> log, bool mustBe = false)
    {
        (this.path, this.clock, this.log, this.mustBe) = (path, clock, log, mustBe);
        if (mustBe && !File.Exists(path))
            throw new InvalidDataException(
                $"there is no file of tokens {path}, and without one nobody would be asked for a token: make the first token with "
                + $"\"trafficctl token create NAME --file {path}\", or leave out --tokens");
        byId = Index(path is null ? [] : TokenListFile.Read(path));
    }

    /// <summary>Identity is set up: who has none may do nothing.</summary>
    public bool AreNeeded => mustBe || isUnreadable || AreAny;

    private bool AreAny => byId.Count > 0;

    /// <summary>Whose token it is, or why it is refused.</summary>
    public (Identity? Identity, string? Refused) Verify(string text)
    {
        var parts = text.Split('_');
        if (parts is not ["tctl", var id, _] || !byId.TryGetValue(id, out var token) || !token.Is(text))
            return (null, "it is not known here");
        if (token.Refused(Now()) is { } refused) return (null, refused);
        return (new Identity(token.Name, "token", token.Grants)
        {
            Groups = token.Groups ?? [],
            IsStillGood = () => IsInForce(token),
        }, null);
    }

    /// <summary>It is still in the file, neither expired nor revoked, and means the same as when it was verified.</summary>
    private bool IsInForce(Token token) =>
        byId.TryGetValue(token.Id, out var now) && now.Hash == token.Hash && now.Grants.SequenceEqual(token.Grants)
        && (now.Groups ?? []).SequenceEqual(token.Groups ?? [])
        && now.Refused(Now()) is null;

    /// <summary>The latest time that was seen: a clock that is set back brings no token back.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow().UtcTicks;
        var seen = Interlocked.Read(ref latestTicks);
        while (now > seen)
        {
            var before = Interlocked.CompareExchange(ref latestTicks, now, seen);
            if (before == seen) return new DateTimeOffset(now, TimeSpan.Zero);
            seen = before;
        }

        return new DateTimeOffset(seen, TimeSpan.Zero);
    }

    /// <summary>Whatever the clock says, it is later than the newest change in the file.</summary>
    private void SeeTimesOf(ImmutableArray<Token> tokens)
    {
        foreach (var token in tokens)
        {
            var at = (token.RevokedAt is { } end && end > token.CreatedAt ? end : token.CreatedAt).UtcTicks;
            for (var seen = Interlocked.Read(ref latestTicks); at > seen; seen = Interlocked.Read(ref latestTicks))
                Interlocked.CompareExchange(ref latestTicks, at, seen);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (path is null) return;
        using var timer = new PeriodicTimer(Period, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await ReadAgainAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end was asked for.
        }
    }

    private async Task ReadAgainAsync(CancellationToken stop)
    {
        Now(); // Also while nobody asks.
        try
        {
            var hangs = $"does not answer for {DurationText.Of(Patience)}";
            var read = await Blocking.RunAsync(
                () => File.Exists(path) ? TokenListFile.Read(path!) : default, Patience, () => Say(hangs), stop);
            // Nobody who had to show a token yesterday is nobody today.
            if (read is { IsDefaultOrEmpty: false }) byId = Index(read);
            // After the tokens are in force: there is no moment in between in which nobody is asked for one.
            isUnreadable = false;
            Say(!AreAny ? null : read.IsDefault ? "is gone" : read.IsEmpty ? "holds no token any more" : null);
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            isUnreadable = true;
            Say($"cannot be read ({fault.Message})");
        }
    }

    private void Say(string? trouble)
    {
        if (trouble == said) return;
        said = trouble;
        if (trouble is null) LogRead(path!);
        else if (isUnreadable && !AreAny) LogClosed(path!, trouble);
        else LogKept(path!, trouble);
    }

    private FrozenDictionary<string, Token> Index(ImmutableArray<Token> tokens)
    {
        SeeTimesOf(tokens);
        return tokens.DistinctBy(static t => t.Id).ToFrozenDictionary(static t => t.Id, StringComparer.Ordinal);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The file of tokens {Path} {Trouble}; the last good tokens stay in force")]
    private partial void LogKept(string path, string trouble);

    [LoggerMessage(Level = LogLevel.Error, Message = "The file of tokens {Path} {Trouble}; until it is in order, the admin API answers "
        + "its Unix socket alone")]
    private partial void LogClosed(string path, string trouble);

    [LoggerMessage(Level = LogLevel.Information, Message = "The file of tokens {Path} is in order again")]
    private partial void LogRead(string path);
}
