namespace TrafficCtl.Cli.Tests.Architecture.Sample.Used;

internal class Thing : IDisposable
{
    public const int Limit = 3;

    public static Thing Make() => new();

    public void Dispose() => GC.SuppressFinalize(this);
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class ThingAttribute : Attribute;

internal sealed class ThingException : Exception;
