using LabelerService.Core.Text;

namespace LabelerService.Core.Tests.Text;

public sealed class TermTests
{
    private static readonly TextFeaturizerOptions Options = new();

    [Theory]
    [InlineData("The film's PLOT, isn't it?", "the|film's|plot|,|isn't|it|?")]
    [InlineData("don’t 'quote' (x) 3.5", "don't|quote|x|3|.|5")]
    [InlineData("Äpfel -- naïve", "äpfel|naïve")]
    [InlineData("", "")]
    public void Text_is_split_into_words_and_punctuation(string text, string tokens) =>
        Assert.Equal(tokens, string.Join('|', WordSplitter.Split(text)));

    [Fact]
    public void A_word_after_a_negation_is_another_word_until_punctuation_or_reach_ends_it()
    {
        Assert.DoesNotContain(Word("good"), Words("not good"));
        Assert.DoesNotContain(Word("good"), Words("it isn't very very good"));
        Assert.Contains(Word("good"), Words("not , good"));
        Assert.Contains(Word("good"), Words("not a b c good"));
        Assert.DoesNotContain(Word("good"), Words("not a b good"));
    }

    [Fact]
    public void Pairs_are_terms_and_depend_on_order()
    {
        Assert.Equal(3, Words("good film").Count);
        Assert.Equal(2, Words("good film").Intersect(Words("film good")).Count());
    }

    [Fact]
    public void Characters_are_taken_within_words_borders_included()
    {
        // " film " has 4 sequences of three, 3 of four, 2 of five.
        Assert.Equal(9, Characters("film").Count);
        // " a " is shorter than all but the shortest.
        Assert.Single(Characters("a"));
        // " fi", "fil", "ilm", " fil", "film", " film" are shared; what holds the end of "film" is not.
        Assert.Equal(6, Characters("film").Intersect(Characters("films")).Count());
        Assert.Empty(Characters(". ,"));
    }

    private static ulong Word(string word) => Words(word).Single();

    private static HashSet<ulong> Words(string text) => TermReader.Words(WordSplitter.Split(text), Options);

    private static HashSet<ulong> Characters(string text) => TermReader.Characters(WordSplitter.Split(text), Options);
}
