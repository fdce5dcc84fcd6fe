using System.Diagnostics;

namespace TrafficCtl.TestKit;

/// <summary>Waits for what other threads and sockets are about to do.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <exception cref="TimeoutException">It did not come true.</exception>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), () => what);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, string what) => TrueAsync(condition, () => what);

    /// <param name="condition">Asked again and again.</param>
    /// <param name="what">Says at the end how things stand, for the failure.</param>
    /// <exception cref="TimeoutException">It did not come true.</exception>
    public static Task TrueAsync(Func<bool> condition, Func<string> what) => TrueAsync(() => Task.FromResult(condition()), what);

    private static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(since) > Patience) throw new TimeoutException($"Never: {what()}.");
            await Task.Delay(5);
        }
    }
}
