using System.Runtime.CompilerServices;

namespace TrafficCtl.TestKit;

/// <summary>
/// The one way in which tests wait for what other threads, processes and sockets are about to do. A failure says what was awaited and
/// what was seen last.
/// </summary>
public static class Eventually
{
    /// <summary>Far more than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc cref="GetAsync"/>
    /// <param name="condition">Asked again and again; it may be a call, and is then asked less often.</param>
    /// <param name="what">What is to come true: the message of the failure.</param>
    /// <param name="seen">How things stand, for the message; without it the message has the condition's source.</param>
    /// <param name="wrong">What must not happen meanwhile; null while it has not.</param>
    /// <param name="within">Instead of <see cref="Patience"/>.</param>
    /// <param name="by">Measures the patience instead of the machine's clock, e.g. <see cref="RunningClock.Beats"/>.</param>
    /// <param name="source">Written by the compiler.</param>
    public static Task TrueAsync(
        Func<bool> condition, string what, Func<string>? seen = null, Func<string?>? wrong = null, TimeSpan? within = null,
        TimeProvider? by = null, [CallerArgumentExpression(nameof(condition))] string source = "") =>
        TrueAsync(() => Task.FromResult(condition()), what, seen, wrong, within, by, source);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, Func{string}?, Func{string?}?, TimeSpan?, TimeProvider?, string)"/>
    public static Task TrueAsync(
        Func<Task<bool>> condition, string what, Func<string>? seen = null, Func<string?>? wrong = null, TimeSpan? within = null,
        TimeProvider? by = null, [CallerArgumentExpression(nameof(condition))] string source = "") =>
        GetAsync(condition, static isTrue => isTrue, what, _ => seen?.Invoke() ?? $"false of {source}", wrong, within, by);

    /// <summary>Waits for a value that is as it should be.</summary>
    /// <param name="look">Asked again and again; its exceptions pass through.</param>
    /// <param name="isAwaited">Whether this value is the one.</param>
    /// <param name="what">What is to come true: the message of the failure.</param>
    /// <param name="show">The value that was seen last, for the message.</param>
    /// <param name="wrong">What must not happen meanwhile; null while it has not.</param>
    /// <param name="within">Instead of <see cref="Patience"/>.</param>
    /// <param name="by">Measures the patience instead of the machine's clock, e.g. <see cref="RunningClock.Beats"/>.</param>
    /// <exception cref="TimeoutException">It did not come true.</exception>
    /// <exception cref="InvalidOperationException">What must not happen did.</exception>
    public static async Task<T> GetAsync<T>(
        Func<Task<T>> look, Func<T, bool> isAwaited, string what, Func<T, string>? show = null, Func<string?>? wrong = null,
        TimeSpan? within = null, TimeProvider? by = null)
    {
        var clock = TimeProvider.System;
        var patience = by ?? clock;
        var since = patience.GetTimestamp();
        while (true)
        {
            if (wrong?.Invoke() is { } happened) throw new InvalidOperationException($"Before {what}: {happened}");
            var asked = clock.GetTimestamp();
            var value = await look();
            if (isAwaited(value)) return value;
            if (patience.GetElapsedTime(since) > (within ?? Patience))
                throw new TimeoutException($"Never: {what}. Seen last: {show?.Invoke(value) ?? $"{value}"}");
            // What is dear to ask is asked less often: a wait takes a fifth of a processor at most.
            var pause = 4 * clock.GetElapsedTime(asked);
            await Task.Delay(pause < Shortest ? Shortest : pause > Longest ? Longest : pause, clock);
        }
    }
}
