namespace TrafficCtl.Daemon.Limits;

/// <summary>What the address of the admin API takes of everybody and of one caller.</summary>
/// <remarks>
/// A caller is whoever was verified (a token, a user of the socket), else an address. A person's abort needs none of these places: it
/// has those that are kept for it.
/// </remarks>
public sealed record AdminLimits
{
    /// <summary>Connections at once; the Unix socket has as many of its own.</summary>
    public int Connections { get; init; } = 512;

    /// <summary>Those of one address, or of one network of IPv6 (/64); this machine is one.</summary>
    public int ConnectionsOfAddress { get; init; } = 256;

    /// <summary>
    /// Beyond those: they answer <c>/healthz</c>, <c>/readyz</c> and wishes alone, and are closed after <see cref="ReservedFor"/>.
    /// </summary>
    public int ReservedConnections { get; init; } = 32;

    /// <summary>Longer than the wait for the answer of a wish.</summary>
    public TimeSpan ReservedFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Streams of HTTP/2 on one connection.</summary>
    public int StreamsOfConnection { get; init; } = 100;

    /// <summary>Calls in progress, without watches and wishes.</summary>
    public int Calls { get; init; } = 256;

    /// <summary>The share of one caller in those.</summary>
    public int CallsOfCaller { get; init; } = 64;

    /// <summary>Calls of one caller that begin, on average. [calls a second]</summary>
    public double CallsPerSecond { get; init; } = 200;

    /// <summary>Calls of one caller that may come at once.</summary>
    public int CallBurst { get; init; } = 400;

    /// <summary>Wishes of one caller, without aborts, on average. [wishes a second]</summary>
    public double WishesPerSecond { get; init; } = 50;

    /// <summary>Wishes of one caller that may come at once.</summary>
    public int WishBurst { get; init; } = 500;

    /// <summary>Aborts of one target by one caller, on average. [aborts a second]</summary>
    public double AbortsPerSecond { get; init; } = 10;

    /// <summary>Aborts of one target by one caller that may come at once.</summary>
    public int AbortBurst { get; init; } = 50;

    /// <summary>Wishes whose bodies are read at once; the oldest that is still being read makes room.</summary>
    public int WishesRead { get; init; } = 128;

    /// <summary>Open streams: watches, watches of the health, reflection.</summary>
    public int Watches { get; init; } = 64;

    /// <summary>The share of one caller in those.</summary>
    public int WatchesOfCaller { get; init; } = 32;

    /// <summary>How long a stream that the client writes to (reflection) may be silent.</summary>
    public TimeSpan StreamSilence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Messages of one stream that the client writes to.</summary>
    public int StreamMessages { get; init; } = 1000;

    /// <summary>From the first byte of a request to the end of its headers; and to the protocol's first bytes of a connection.</summary>
    public TimeSpan HeadersWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least speed of a body that is sent, after a grace of <see cref="Grace"/>. [bytes a second]</summary>
    public double BodyRate { get; init; } = 4096;

    /// <summary>The least speed of an answer that is read, after a grace of <see cref="Grace"/>. [bytes a second]</summary>
    public double AnswerRate { get; init; } = 1024;

    /// <summary>How long a body or an answer may move more slowly than it should.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
