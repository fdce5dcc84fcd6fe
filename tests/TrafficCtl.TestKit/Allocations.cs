namespace TrafficCtl.TestKit;

public static class Allocations
{
    private const int Runs = 5;

    /// <summary>
    /// The least that one of a few runs allocates on this thread, in bytes. What a run does each time shows in all of them; what the
    /// runtime does once, when it compiles a hot loop anew, does not.
    /// </summary>
    public static long LeastOf(Action run)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Runs && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
