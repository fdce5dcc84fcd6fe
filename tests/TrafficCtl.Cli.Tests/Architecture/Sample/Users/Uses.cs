using TrafficCtl.Cli.Tests.Architecture.Sample.Used;

namespace TrafficCtl.Cli.Tests.Architecture.Sample.Users;

internal sealed class InBase : Thing;

internal sealed class InArgumentOfAFace : IComparer<Thing>
{
    public int Compare(Thing? x, Thing? y) => 0;
}

[Thing]
internal sealed class InAttribute;

internal sealed class InConstraint<T> where T : Thing;

internal static class InCallInALambda
{
    public static Func<IDisposable> Make => () => Thing.Make();
}

internal static class InLocalAcrossAnAwait
{
    public static async Task UseAsync(Func<IDisposable> make)
    {
        using var thing = (Thing)make();
        await Task.Yield();
    }
}

internal static class InArgumentOfAMethod
{
    public static int Count(IEnumerable<object> all) => all.OfType<Thing>().Count();
}

internal static class InCatch
{
    public static bool Throws(Action act)
    {
        try
        {
            act();
            return false;
        }
        catch (ThingException)
        {
            return true;
        }
    }
}

internal static class InPattern
{
    public static bool Is(object o) => o is Thing;
}

internal static class InField
{
    public static readonly Thing[] All = [];
}
