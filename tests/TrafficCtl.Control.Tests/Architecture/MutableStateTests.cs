using System.Reflection;
using System.Runtime.CompilerServices;
using TrafficCtl.Control.Rounds.State;
using Xunit;

namespace TrafficCtl.Control.Tests.Architecture;

/// <summary>
/// Control is made of values and of classes that change by their own methods. A property that others may set is a bag that every
/// part of a round writes to: none is left, and none is to come back.
/// </summary>
public sealed class MutableStateTests
{
    private const BindingFlags All =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private const int MostParts = 7;

    /// <summary>What may be set from outside, with the reason; empty for as long as nothing needs it.</summary>
    private static readonly Dictionary<string, string> Settable = [];

    private static IEnumerable<Type> Types => typeof(ControlServices).Assembly.GetTypes().Where(static t => !IsGenerated(t));

    [Fact]
    public void No_property_is_set_from_outside_its_class()
    {
        var found = Types.SelectMany(static t => t.GetProperties(All))
            .Where(static p => p.SetMethod is { IsPrivate: false } set && !IsInit(set)).Select(Name).ToHashSet();
        Assert.Empty(found.Except(Settable.Keys));
        Assert.Empty(Settable.Keys.Except(found));
    }

    [Fact]
    public void No_field_is_set_from_outside_its_class()
    {
        // What a system call fills is laid out as it wants it.
        var found = Types.Where(static t => !t.IsEnum && !t.IsExplicitLayout).SelectMany(static t => t.GetFields(All))
            .Where(static f => f is { IsPrivate: false, IsInitOnly: false, IsLiteral: false }).Select(Name);
        Assert.Empty(found);
    }

    [Fact]
    public void Of_what_outlives_a_round_only_the_whole_state_of_a_target_is_replaced()
    {
        var found = Types.Where(static t => t.Namespace == typeof(TargetState).Namespace)
            .SelectMany(static t => t.GetProperties(All)).Where(static p => p.SetMethod is { } set && !IsInit(set)).Select(Name);
        Assert.Equal([$"{nameof(ControlledTarget)}.{nameof(ControlledTarget.State)}"], found);
    }

    [Fact]
    public void No_class_is_made_of_more_than_seven_parts()
    {
        var found = Types.Where(static t => t is { IsClass: true, IsAbstract: false } && t.GetMethod("<Clone>$", All) is null)
            .SelectMany(static t => t.GetConstructors(All)).Where(static c => c.GetParameters().Length > MostParts)
            .Select(static c => $"{c.DeclaringType!.Name} has {c.GetParameters().Length}");
        Assert.Empty(found);
    }

    private static bool IsInit(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute)) || type.Name.Contains('<', StringComparison.Ordinal)
        || type.FullName!.StartsWith("System.", StringComparison.Ordinal) || (type.DeclaringType is { } outer && IsGenerated(outer))
        || type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute));

    private static string Name(MemberInfo member) => $"{member.DeclaringType!.Name}.{member.Name}";
}
