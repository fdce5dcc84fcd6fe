using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Proxy.Files;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Following;

public sealed class FollowedFilesTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("tc-followed-");

    public FollowedFilesTests()
    {
        File.WriteAllText(First, "a");
        File.WriteAllText(Second, "a");
    }

    private string First => Path.Combine(directory.FullName, "first");

    private string Second => Path.Combine(directory.FullName, "second");

    [Fact]
    public void Takes_a_change_when_it_was_seen_twice()
    {
        var followed = Follow();

        File.WriteAllText(First, "b");
        File.WriteAllText(Second, "b");

        Assert.Equal((false, "a"), (followed.Poll(), followed.Current));
        Assert.Equal((true, "b"), (followed.Poll(), followed.Current));
        Assert.Equal((false, "b", null), (followed.Poll(), followed.Current, followed.Problem));
    }

    [Fact]
    public void A_file_that_goes_on_changing_and_one_that_is_as_before_are_left_alone()
    {
        var followed = Follow();

        foreach (var text in (string[])["b", "c", "d", "a", "a"])
        {
            File.WriteAllText(First, text);
            Assert.False(followed.Poll());
        }

        Assert.Equal(("a", null), (followed.Current, followed.Problem));
    }

    [Fact]
    public void Files_that_change_one_after_the_other_take_effect_together_and_the_time_between_is_no_fault()
    {
        var followed = Follow();

        File.WriteAllText(First, "b");
        Assert.False(followed.Poll());
        File.WriteAllText(Second, "b");
        Assert.False(followed.Poll());

        Assert.Equal((true, "b", null), (followed.Poll(), followed.Current, followed.Problem));
    }

    [Fact]
    public void A_pair_that_does_not_fit_is_reported_once_and_taken_when_the_other_file_has_followed()
    {
        var followed = Follow();
        File.WriteAllText(First, "b");
        Assert.Equal([false, true, false, false], Polls(followed, 4));
        Assert.Equal(("a", "b and a do not fit."), (followed.Current, followed.Problem));

        File.WriteAllText(Second, "b");

        Assert.Equal([false, true, false], Polls(followed, 3));
        Assert.Equal(("b", null), (followed.Current, followed.Problem));
    }

    [Fact]
    public void What_is_put_back_is_in_force_again_without_a_word_of_the_fault()
    {
        var followed = Follow();
        File.WriteAllText(First, "b");
        Polls(followed, 2);

        File.WriteAllText(First, "a");

        Assert.Equal([false, true, false], Polls(followed, 3));
        Assert.Equal(("a", null), (followed.Current, followed.Problem));
    }

    [Fact]
    public void Says_of_a_file_that_is_missing_a_pipe_or_too_large_which_it_is()
    {
        var followed = Follow();

        File.Delete(First);
        Assert.Equal([false, true, false], Polls(followed, 3));
        Assert.Equal($"{First} is missing.", followed.Problem);

        Fifo.Make(First);
        Assert.Equal([false, true, false], Polls(followed, 3));
        Assert.Equal($"{First} is a pipe, not a file.", followed.Problem);

        File.Delete(First);
        using (var huge = File.Create(First)) huge.SetLength(1L << 40);
        Assert.Equal([false, true, false], Polls(followed, 3));
        Assert.StartsWith($"{First} has 1099511627776 bytes", followed.Problem, StringComparison.Ordinal);
        Assert.Equal("a", followed.Current);
    }

    [Fact]
    public void What_cannot_be_used_at_first_is_refused()
    {
        File.WriteAllText(Second, "b");
        Assert.Equal("a and b do not fit.", Assert.Throws<InvalidDataException>(Follow).Message);

        File.Delete(Second);
        Assert.Equal($"{Second} is missing.", Assert.Throws<InvalidDataException>(Follow).Message);
    }

    public void Dispose() => directory.Delete(recursive: true);

    private FollowedFiles<string> Follow() => new([First, Second], Make);

    private static bool[] Polls(FollowedFiles<string> followed, int count) => [.. Enumerable.Range(0, count).Select(_ => followed.Poll())];

    private static string Make(ImmutableArray<byte[]> contents)
    {
        var (first, second) = (Encoding.UTF8.GetString(contents[0]), Encoding.UTF8.GetString(contents[1]));
        return first == second ? first : throw new InvalidDataException($"{first} and {second} do not fit.");
    }
}
